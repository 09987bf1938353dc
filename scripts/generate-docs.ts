/** Writes the pages of docs/ that are derived from code: `npm run docs`. */
import { writeFileSync } from 'node:fs';
import { SYMBOL_MACHINE_PAGE, symbolMachinePage } from './symbol-machine-page.ts';

writeFileSync(new URL(`../${SYMBOL_MACHINE_PAGE}`, import.meta.url), symbolMachinePage());
console.log(`wrote ${SYMBOL_MACHINE_PAGE}`);

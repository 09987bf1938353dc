/** docs/symbol-machine.md says what the machine does. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SYMBOL_MACHINE_PAGE, symbolMachinePage } from '../../../scripts/symbol-machine-page.ts';

describe(SYMBOL_MACHINE_PAGE, () => {
  it('is current: run `npm run docs` after every change of the machine', () => {
    const page = readFileSync(new URL(`../../../${SYMBOL_MACHINE_PAGE}`, import.meta.url), 'utf8');
    expect(page, 'out of date: run `npm run docs` and commit the page').toBe(symbolMachinePage());
  });

  it('shows nested modes, guards and the effects of entering a mode', () => {
    const lines = symbolMachinePage().split('\n');
    expect(lines).toContain('  flat --> entering_reserving: ENTRY_SIGNAL / reserve');
    expect(lines).toContain('  entering_reserving --> entering_consulting: RESERVED [consults] / consult');
    expect(lines).toContain('| exiting | `ORDER_DONE` | holding [holds]<br>flat [else] |');
  });
});

/** The folder table holds for every import, and the check bites. */
import { describe, expect, it } from 'vitest';
import { readFiles, sourcesOf } from './files.ts';
import { importViolations } from './import-rules.ts';
import { importsOf } from './source.ts';

const violationsOf = (file: string, source: string): string[] => importViolations(new Map([[file, source]]));

describe('imports', () => {
  it('follow the folder table', () => {
    expect(importViolations(sourcesOf(readFiles()))).toEqual([]);
  });
});

describe('the import check', () => {
  it.each([
    ['domain/a.ts', `import { x } from '../protocol/x.ts';`],
    ['domain/a.ts', `export { x } from '../protocol/x.ts';`],
    ['domain/a.ts', `import type { x } from '../protocol/x.ts';`],
    ['domain/a.ts', `import { createHash } from 'node:crypto';`],
    ['domain/a.ts', `import { createHash } from 'crypto';`],
    ['protocol/a.ts', `import { createHash } from 'node:crypto';`],
    ['protocol/ids.ts', `import { readFileSync } from 'node:fs';`],
    ['protocol/a.ts', `import { x } from '../actors/x.ts';`],
    ['actors/a.ts', `import { x } from '../supervisors/x.ts';`],
    ['actors/a.ts', `const x = await import('../ledger/x.ts');`],
    ['actors/a.ts', `let x: import('pg').Client;`],
    ['actors/a.ts', `await import(name);`],
    ['actors/a.ts', `import { z } from 'zod';`],
    ['supervisors/a.ts', `import { setTimeout } from 'node:timers/promises';`],
    ['supervisors/a.ts', `import { x } from './roles/x.ts';`],
    ['supervisors/roles/a.ts', `import { x } from '../../cli/x.ts';`],
    ['supervisors/a.ts', `import { x } from '../adapters/x.ts';`],
    ['ledger/a.ts', `import { x } from '../actors/x.ts';`],
    ['adapters/a.ts', `import type { Client } from 'pg';`],
    ['adapters/upbit/a.ts', `import { connect } from 'nats';`],
    ['adapters/a.ts', `import { x } from '../ledger/x.ts';`],
    ['gateway/a.ts', `import { x } from '../actors/x.ts';`],
    ['gateway/dashboard/a.tsx', `import { readFileSync } from 'node:fs';`],
    ['research/a.ts', `import { x } from '../ledger/postgres/x.ts';`],
    ['research/a.ts', `import path from 'node:path';`],
    ['cli/a.ts', `import { x } from '../test/support/x.ts';`],
    ['cli/a.ts', `import { setup } from 'xstate';`],
    ['cli/a.ts', `import leftPad from 'left-pad';`],
    ['main.ts', `import { x } from './supervisors/x.ts';`],
    ['elsewhere/a.ts', `import { x } from '../domain/x.ts';`],
  ])('refuses in %s: %s', (file, source) => {
    expect(violationsOf(file, source)).toHaveLength(1);
  });

  it.each([
    ['domain/a.ts', `import { x } from './x.ts'; // import { y } from '../cli/y.ts';`],
    ['domain/a.ts', 'const text = `import { y } from "../cli/y.ts"`;'],
    ['protocol/ids.ts', `import { createHash } from 'node:crypto';`],
    ['actors/symbol/a.ts', `import { setup } from 'xstate'; import { x } from '../../domain/x.ts';`],
    ['supervisors/roles/a.ts', `import { x } from '../x.ts'; import { y } from '../../adapters/y.ts';`],
    ['ledger/postgres/a.ts', `import type { Client } from 'pg'; import path from 'node:path';`],
    ['research/a.ts', `import { x } from '../ledger/memory/x.ts';`],
    ['gateway/dashboard/a.tsx', `import { x } from '../feed.ts'; import { y } from 'preact/hooks';`],
    ['main.ts', `import { run } from './cli/run.ts';`],
    ['test/unit/a.test.ts', `import pg from 'pg'; import { x } from '../support/x.ts';`],
  ])('allows in %s: %s', (file, source) => {
    expect(violationsOf(file, source)).toEqual([]);
  });

  it('refuses a second file that imports a wrapped package', () => {
    const source = `import { RSI } from 'trading-signals';`;
    expect(violationsOf('domain/a.ts', source)).toEqual([]);
    const both = new Map([
      ['domain/a.ts', source],
      ['domain/b.ts', source],
    ]);
    expect(importViolations(both)).toEqual([expect.stringContaining('domain/a.ts, domain/b.ts')]);
  });
});

describe('the tokenizer', () => {
  it('finds every form of import with its line, and none in prose', () => {
    const source = [
      `#!/usr/bin/env node`,
      `import 'a';`,
      `import b, { type C } from 'b';`,
      `import type { D } from "d";`,
      `export * as e from 'e';`,
      `export type { F } from 'f';`,
      `const url = new URL(import.meta.url); const g = await import('g');`,
      `const text = \`from \${await import(\`h\`)} import "no" \${{ a: \`}\` }.a}\`; /* import "no" */`,
      `const quote = /['"]\\/[/'"]/.test(text) ? 1 / 2 : 'it\\'s from "no"'; import type from 'i';`,
      `export type J = 1; export { quote }; export const from = 'no'; const half = (1 + 1) / 2; // from 'no'`,
      `import {`,
      `  k,`,
      `} from 'k';`,
    ].join('\n');
    expect(importsOf(source).map(({ specifier, typeOnly, line }) => [specifier, typeOnly, line])).toEqual([
      ['a', false, 2],
      ['b', false, 3],
      ['d', true, 4],
      ['e', false, 5],
      ['f', true, 6],
      ['g', false, 7],
      ['h', false, 8],
      ['i', false, 9],
      ['k', false, 11],
    ]);
  });
});

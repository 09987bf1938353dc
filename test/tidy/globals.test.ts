/** Inner folders take time, chance and timers from ports. */
import { describe, expect, it } from 'vitest';
import { readFiles, sourcesOf } from './files.ts';
import { forbiddenGlobals, isPureFile } from './forbidden-globals.ts';

describe('the inner folders', () => {
  it('use no clock, chance, timer or process of their own', () => {
    const pure = [...sourcesOf(readFiles())].filter(([file]) => isPureFile(file));
    expect(pure.length).toBeGreaterThan(0);
    expect(pure.flatMap(([file, source]) => forbiddenGlobals(file, source))).toEqual([]);
  });
});

describe('the check of globals', () => {
  it.each([
    'const at = Date.now();',
    'const at = Date\n  .now();',
    `const at = Date['now']();`,
    'const at = new Date();',
    'const at = new Date;',
    'const { now } = Date;',
    'const chance = Math.random();',
    'const { random } = Math;',
    'const at = performance.now();',
    'const id = crypto.randomUUID();',
    'setTimeout(work, 10);',
    'globalThis.setInterval(work, 10);',
    'setImmediate(work);',
    'const home = process.env.HOME;',
    'process?.exit(1);',
    `const text = \`at \${Date.now()}\`;`,
    'const half = total / 2; const at = Date.now(); // a / b',
  ])('refuses %s', (source) => {
    expect(forbiddenGlobals('domain/a.ts', source)).toHaveLength(1);
  });

  it.each([
    'const at = new Date(0);',
    'const at = Date.UTC(2022, 0, 1) + Date.parse(text);',
    '// Date.now() would jump',
    '/* Math.random() */ const seed = 1;',
    `const text = 'process.env and "Date.now()" and setTimeout';`,
    `const text = \`Math.random() \${seed} new Date()\`;`,
    'const pattern = /Date.now()/;',
    'this.process.run(); for (const process of processes) start(process);',
    'clock.now(); Math.max(1, 2);',
  ])('allows %s', (source) => {
    expect(forbiddenGlobals('domain/a.ts', source)).toEqual([]);
  });

  it('covers the inner folders and leaves out what wires the world', () => {
    expect(['domain/a.ts', 'protocol/ports/a.ts', 'supervisors/a.ts', 'research/a.ts'].map(isPureFile)).not.toContain(
      false,
    );
    expect(['supervisors/roles/a.ts', 'adapters/a.ts', 'cli/a.ts', 'test/a.ts'].map(isPureFile)).not.toContain(true);
  });
});

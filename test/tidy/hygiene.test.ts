/** Nothing stays behind in a file: length, reminders, focused tests, prints, paths of one machine. */
import { describe, expect, it } from 'vitest';
import { readFiles, sourcesOf } from './files.ts';
import { isTooLong, LINES_MAX, leftovers, machinePaths, registryHosts, strayCalls } from './hygiene.ts';

const files = [...readFiles()];
const sources = [...sourcesOf(new Map(files))];

describe('the repository', () => {
  it(`has no source file over ${LINES_MAX} lines`, () => {
    expect(sources.filter(([, text]) => isTooLong(text)).map(([file]) => file)).toEqual([]);
  });

  it('has no reminders and no switched-off type checks', () => {
    expect(sources.flatMap(([file, text]) => leftovers(file, text))).toEqual([]);
  });

  it('has no focused or skipped test and prints only where a person reads', () => {
    expect(sources.flatMap(([file, text]) => strayCalls(file, text))).toEqual([]);
  });

  it('names no path of a machine', () => {
    expect(files.flatMap(([file, text]) => machinePaths(file, text))).toEqual([]);
  });

  it('names no package registry', () => {
    expect(files.flatMap(([file, text]) => registryHosts(file, text))).toEqual([]);
  });
});

describe('the checks of text', () => {
  it('find a file that is too long', () => {
    expect(isTooLong('line\n'.repeat(LINES_MAX))).toBe(false);
    expect(isTooLong('line\n'.repeat(LINES_MAX + 1))).toBe(true);
  });

  it.each([
    ['TO', 'DO'],
    ['FIX', 'ME'],
    ['X', 'XX'],
    ['@ts-', 'ignore'],
    ['@ts-', 'nocheck'],
  ])('find %s%s', (...parts) => {
    expect(leftovers('domain/a.ts', `const a = 1;\n// ${parts.join('')}: later`)).toEqual([
      `domain/a.ts:2 ${parts.join('')}`,
    ]);
    expect(leftovers('domain/a.ts', `const MAX${parts.join('')}S = 1;`)).toEqual([]);
  });

  it.each(['it.only(name, run)', 'describe.only(name, run)', 'it.skip(name, run)', 'console.log(1)'])(
    'find %s',
    (source) => {
      expect(strayCalls('test/a.test.ts', source)).toHaveLength(1);
    },
  );

  it('allow a test that needs something the machine lacks, and prints of the command line', () => {
    expect(strayCalls('test/a.test.ts', `it.skipIf(missing)('reads', run); // it.only`)).toEqual([]);
    expect(strayCalls('cli/a.ts', 'console.log(1)')).toEqual([]);
  });

  it.each(['work', 'root', 'home'])('find the machine path of /%s', (folder) => {
    expect(machinePaths('docs/a.md', ['see ', folder, 'somebody/file'].join('/'))).toHaveLength(1);
    expect(machinePaths('docs/a.md', ['see docs', folder, 'file and ./k8s', folder, 'file'].join('/'))).toEqual([]);
  });

  it.each(['registry', 'artifactory', 'verdaccio'])('find a host of a %s', (name) => {
    expect(registryHosts('.npmrc', `${'registry'}=${'http'}://${name}.example/npm/`)).toHaveLength(1);
    expect(registryHosts('package-lock.json', `"resolved": "${'https'}://${name}.example.org/a.tgz"`)).toHaveLength(1);
    expect(registryHosts('docs/a.md', `the ${name} decides; see ${'https'}://example.org/a`)).toEqual([]);
  });
});

/** No file without a way to it. */
import { describe, expect, it } from 'vitest';
import { deadFiles, entrances, needlessExemptions, reachableFrom } from './dead-files.ts';
import { readFiles, sourcesOf } from './files.ts';

const files = readFiles();
const sources = sourcesOf(files);
const starts = entrances(files.get('package.json') ?? '{}');

describe('entrances', () => {
  it('exist', () => {
    expect(starts.filter((file) => !files.has(file))).toEqual([]);
  });
});

describe('every file outside tests', () => {
  it('is reached from main.ts, package.json or an exemption with a reason', () => {
    expect(sources.has('main.ts'), 'main.ts is there to start from').toBe(true);
    expect(deadFiles(sources, starts)).toEqual([]);
  });

  it('is not exempted when it is reached anyway', () => {
    expect(needlessExemptions(sources, starts)).toEqual([]);
  });
});

describe('the check of dead files', () => {
  const tree = new Map([
    ['main.ts', `import './cli/run.ts';`],
    ['cli/run.ts', `const { up } = await import('./up.ts'); export type { A } from '../domain/a.ts';`],
    ['cli/up.ts', `export const up = 1;`],
    ['domain/a.ts', `export type A = 1;`],
    ['domain/dead.ts', `import './kept-by-the-dead.ts';`],
    ['domain/kept-by-the-dead.ts', ``],
    ['later/ready.ts', `import './part.ts';`],
    ['later/part.ts', ``],
    ['test/a.test.ts', `import '../domain/dead.ts';`],
  ]);

  it('follows static, dynamic and type imports', () => {
    expect([...reachableFrom(['main.ts'], tree)].sort()).toEqual(['cli/run.ts', 'cli/up.ts', 'domain/a.ts', 'main.ts']);
  });

  it('finds what only a test or another dead file imports', () => {
    const exemptions = [{ place: 'later/ready.ts', reason: 'stands ready' }];
    expect(deadFiles(tree, ['main.ts'], exemptions)).toEqual(['domain/dead.ts', 'domain/kept-by-the-dead.ts']);
  });

  it('finds an exemption that is not needed any more', () => {
    const exemptions = [
      { place: 'cli', reason: 'not reached yet' },
      { place: 'later', reason: 'stands ready' },
    ];
    expect(needlessExemptions(tree, ['main.ts'], exemptions)).toEqual(['cli']);
  });

  it('starts from the bin, the exports and the scripts of package.json', () => {
    const packageJson = {
      bin: { a: './a.mjs' },
      exports: { './client': { default: './adapters/nats/client.ts' } },
      scripts: { docs: 'node --import tsx scripts/docs.ts', test: 'vitest run' },
    };
    expect(entrances(JSON.stringify(packageJson))).toEqual([
      'main.ts',
      'a.mjs',
      'adapters/nats/client.ts',
      'scripts/docs.ts',
    ]);
  });
});

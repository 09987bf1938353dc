// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is how a Dockerfile writes a variable
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DockerIgnore, expand, parseDockerfile } from '../../support/dockerfile.ts';

const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

describe('the Dockerfile', () => {
  const instructions = parseDockerfile(read('Dockerfile'));
  const textsOf = (name: string): string[] =>
    instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);

  it('starts from one pinned Node LTS', () => {
    const argument = textsOf('ARG').find((text) => text.startsWith('NODE_IMAGE='));
    expect(argument).toMatch(/^NODE_IMAGE=node:24\.\d+\.\d+-trixie-slim$/);
    for (const from of textsOf('FROM')) expect(from).toContain('${NODE_IMAGE}');
  });

  it('runs nothing in its last stage, so that an image for another processor needs no emulation', () => {
    const last = instructions.findLastIndex(({ name }) => name === 'FROM');
    expect(instructions[last]?.text).not.toContain('--platform');
    expect(instructions.slice(last).filter(({ name }) => name === 'RUN')).toEqual([]);
    for (const from of textsOf('FROM').slice(0, -1)) expect(from).toContain('--platform=$BUILDPLATFORM');
  });

  it('ends as a user who is not root, and hears SIGTERM', () => {
    expect(textsOf('USER')).toEqual(['10001:10001']);
    expect(textsOf('STOPSIGNAL')).toEqual(['SIGTERM']);
    // Through a shell the signal would end the shell alone.
    expect(JSON.parse(textsOf('ENTRYPOINT')[0] ?? '')).toEqual(['node', '--enable-source-maps', 'coinpilot.mjs']);
    expect(JSON.parse(textsOf('CMD')[0] ?? '')).toEqual(['pod']);
  });
});

describe('.dockerignore', () => {
  const ignore = new DockerIgnore(read('.dockerignore'));

  it.each(['main.ts', 'ledger/migrations/0001_ledger.sql', 'gateway/dashboard/index.html', 'scripts/build.ts'])(
    'lets %s in',
    (path) => {
      expect(ignore.holds(path)).toBe(true);
    },
  );

  it.each([
    '.env',
    '.git/config',
    '.coinpilot/paper-demo/ready.json',
    'coinpilot.yaml',
    'dist/main.js',
    'gateway/dashboard/dist/index.html',
    'node_modules/pg/package.json',
    'scripts/screenshots.ts',
    'test/unit/image/dockerfile.test.ts',
  ])('leaves %s out', (path) => {
    expect(ignore.holds(path)).toBe(false);
  });
});

describe('the reader of a Dockerfile', () => {
  it('joins continued lines and skips what is said between them', () => {
    const text = 'FROM a\n# why\nRUN one \\\n  # and why here\n  && two\n\nUSER 1\n';
    expect(parseDockerfile(text)).toEqual([
      { name: 'FROM', text: 'a', line: 1 },
      { name: 'RUN', text: 'one   && two', line: 3 },
      { name: 'USER', text: '1', line: 7 },
    ]);
  });

  it('refuses what it does not know', () => {
    expect(() => parseDockerfile('FROM a\nONBUILD RUN b\n')).toThrow('Dockerfile:2');
  });

  it('fills variables in, and refuses one that nothing sets', () => {
    expect(expand('$A/${B}', { A: '1', B: '2' })).toBe('1/2');
    expect(() => expand('$A', {})).toThrow('nothing sets A');
  });

  it('lets the last pattern that matches decide', () => {
    const ignore = new DockerIgnore('*\n!kept\n!deep/inside\nkept/*.log\n**/dist\n');
    expect(ignore.holds('kept/a/b.ts')).toBe(true);
    expect(ignore.holds('kept/a.log')).toBe(false);
    expect(ignore.holds('kept/a/dist/b.js')).toBe(false);
    expect(ignore.holds('deep/other')).toBe(false);
    expect(ignore.opens('deep')).toBe(true);
    expect(ignore.opens('other')).toBe(false);
  });
});

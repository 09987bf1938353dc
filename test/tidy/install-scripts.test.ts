/** `npx coinpilot` in a clone installs the clone itself, and strict-allow-scripts refuses a package that runs something then. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('runs nothing when it is installed, or npx coinpilot would be refused', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const refused = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare'];
  expect(Object.keys(scripts).filter((name) => refused.includes(name))).toEqual([]);
});

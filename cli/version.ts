/** What runs: the version of package.json, and the commit that scripts/build.ts has kept there for the image. */
import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
  readonly commit?: string;
};

export const VERSION =
  manifest.commit === undefined ? manifest.version : `${manifest.version} (commit ${manifest.commit})`;

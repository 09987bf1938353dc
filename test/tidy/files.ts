/** The files of this repository as the tidy rules read them: everything that would be committed, by path from its root. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What .gitignore keeps out of the repository. */
const IGNORED = new Set(['.git', 'node_modules', 'dist', '.coinpilot', 'coverage']);

/** Path with forward slashes → text. Files with a NUL byte are binary and left out. */
export type Files = ReadonlyMap<string, string>;

export function readFiles(): Files {
  const files = new Map<string, string>();
  readFolder('', files);
  return files;
}

function readFolder(folder: string, files: Map<string, string>): void {
  for (const entry of readdirSync(path.join(ROOT, folder), { withFileTypes: true })) {
    if (IGNORED.has(entry.name) || entry.name.endsWith('.log')) continue;
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) readFolder(name, files);
    if (!entry.isFile()) continue;
    const text = readFileSync(path.join(ROOT, name), 'utf8');
    if (!text.includes('\0')) files.set(name, text);
  }
}

export function isSource(name: string): boolean {
  return /\.(?:[cm]?ts|tsx|mjs|cjs|js|jsx)$/.test(name);
}

/** TypeScript and the few plain scripts, without type declarations. */
export function sourcesOf(files: Files): Files {
  return new Map([...files].filter(([name]) => isSource(name)));
}

/** Small rules about text: what must not stay in a file once it is shared. */
import { isPunctuation, tokenize } from './source.ts';

export const LINES_MAX = 400;

/** Where a person reads the standard output. */
const PRINTING_FOLDERS = ['cli/', 'scripts/', 'bench/'];

// Put together from parts, so that this file does not break its own rules.
const MARKERS = new RegExp(
  `\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X'.repeat(3)].join('|')})\\b|@ts-(?:ignore|nocheck)\\b`,
);
const MACHINE_PATH = new RegExp(`(?<![\\w.$}*-])/(?:${['work', 'root', 'home'].join('|')})/`);
const REGISTRY_HOST =
  /(?:https?:\/\/|\bregistry\s*[=:]\s*["']?)[^\s"'`)]*\b(?:registry|artifactory|nexus|verdaccio|goproxy)\b[^\s"'`)]*/i;

export function isTooLong(text: string): boolean {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0) > LINES_MAX;
}

/** Reminders and switched-off checks, wherever they stand: each belongs into an issue or gets done. */
export function leftovers(file: string, text: string): string[] {
  return linesWith(file, text, MARKERS);
}

/** Tests that run alone or not at all, and prints nobody sees. */
export function strayCalls(file: string, source: string): string[] {
  const tokens = tokenize(source);
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'word' || !isPunctuation(tokens[index + 1], '.')) return [];
    const member = tokens[index + 2];
    const isTest = ['it', 'test', 'describe'].includes(token.text);
    const prints =
      token.text === 'console' && member?.text === 'log' && !PRINTING_FOLDERS.some((folder) => file.startsWith(folder));
    const stray = prints || (isTest && (member?.text === 'only' || member?.text === 'skip'));
    return stray ? [`${file}:${token.line} ${token.text}.${member?.text}`] : [];
  });
}

/** Paths of somebody's machine: they work there and nowhere else. */
export function machinePaths(file: string, text: string): string[] {
  return linesWith(file, text, MACHINE_PATH);
}

/** Package registries: which one is used is the machine's business, not the repository's. */
export function registryHosts(file: string, text: string): string[] {
  return linesWith(file, text, REGISTRY_HOST);
}

function linesWith(file: string, text: string, pattern: RegExp): string[] {
  if (!pattern.test(text)) return [];
  return text.split('\n').flatMap((line, index) => {
    const found = pattern.exec(line);
    return found === null ? [] : [`${file}:${index + 1} ${found[0]}`];
  });
}

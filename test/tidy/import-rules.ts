/**
 * Who may import whom: the folder table of docs/ARCHITECTURE.md as data, and the check of one import against it.
 * A package that is not in the table may be imported by nobody: naming its place is part of adding it.
 */
import { builtinModules } from 'node:module';
import path from 'node:path';
import { type Import, importsOf } from './source.ts';

export interface FolderRule {
  /** Folder (or file) at the root; the longest that matches a path decides. */
  readonly place: string;
  /** What it may import beside itself; '*' for every folder that anything may import. A folder set apart is named. */
  readonly folders: readonly string[] | '*';
  /** Node's own modules; a list names the only ones. */
  readonly node: boolean | readonly string[];
  readonly why: string;
}

export const FOLDER_RULES: readonly FolderRule[] = [
  { place: 'domain', folders: [], node: false, why: 'what is true depends on nothing' },
  { place: 'protocol', folders: ['protocol/ids.ts', 'domain'], node: false, why: 'what is said is data about domain' },
  {
    place: 'protocol/ids.ts',
    folders: ['protocol', 'domain'],
    node: ['node:crypto'],
    why: 'ids are hashes of content',
  },
  { place: 'actors', folders: ['protocol', 'domain'], node: false, why: 'actors reach the world through ports' },
  {
    place: 'supervisors',
    folders: ['actors', 'protocol', 'domain'],
    node: false,
    why: 'supervisors reach the world through ports',
  },
  {
    place: 'supervisors/roles',
    folders: ['domain', 'protocol', 'actors', 'supervisors', 'ledger', 'adapters', 'gateway', 'research'],
    node: true,
    why: 'roles wire everything, except the command line above them',
  },
  { place: 'ledger', folders: ['protocol', 'domain'], node: true, why: 'the ledger stands behind ports of protocol' },
  {
    place: 'adapters',
    folders: ['protocol', 'domain'],
    node: true,
    why: 'an adapter knows its own outside and the ports',
  },
  { place: 'gateway', folders: ['protocol', 'domain'], node: true, why: 'people see what travels on the wire' },
  {
    place: 'gateway/dashboard',
    folders: ['gateway', 'protocol', 'domain'],
    node: false,
    why: 'the page runs in a browser',
  },
  {
    place: 'research',
    folders: ['domain', 'protocol', 'actors', 'ledger/memory', 'ledger/group-commit.ts', 'adapters/paper'],
    node: false,
    why: 'research runs the same code (writer and paper venue included), deterministically, without a server',
  },
  {
    place: 'cli',
    folders: ['domain', 'protocol', 'actors', 'supervisors', 'ledger', 'adapters', 'gateway', 'research'],
    node: true,
    why: 'the command line may use everything below it',
  },
  { place: 'main.ts', folders: ['cli'], node: false, why: 'main hands over to cli' },
  { place: 'coinpilot.mjs', folders: ['main.ts'], node: true, why: 'the bin starts main without a build step' },
  {
    place: 'client.mjs',
    folders: ['adapters/nats/client'],
    node: false,
    why: 'coinpilot/client is the typed client and nothing else',
  },
  {
    place: 'feed.mjs',
    folders: ['gateway/client'],
    node: false,
    why: 'coinpilot/feed is the feed client and nothing else',
  },
  { place: 'scripts', folders: '*', node: true, why: 'scripts generate and install from whatever there is' },
  { place: 'bench', folders: '*', node: true, why: 'a benchmark measures anything' },
  { place: 'test', folders: '*', node: true, why: 'a test tests anything' },
  { place: 'vitest.config.ts', folders: [], node: true, why: 'configuration of the test runner' },
];

/** Folders at the end of the chain: only test code may import them. */
const IMPORTED_BY_TESTS_ONLY = ['scripts', 'bench', 'test'];

export interface PackageRule {
  readonly name: string;
  readonly places: readonly string[];
  /** The package is wrapped: at most so many files outside test code know it. */
  readonly filesMax?: number;
}

export const PACKAGE_RULES: readonly PackageRule[] = [
  { name: 'trading-signals', places: ['domain'], filesMax: 1 },
  { name: 'zod', places: ['protocol', 'supervisors/roles', 'cli'] },
  { name: 'xstate', places: ['actors'] },
  { name: 'pg', places: ['ledger'] },
  { name: '@databases/pg', places: ['ledger'] },
  { name: 'node-pg-migrate', places: ['ledger'] },
  { name: 'nats', places: ['adapters/nats'] },
  { name: 'pino', places: ['adapters'] },
  { name: 'prom-client', places: ['adapters', 'gateway'], filesMax: 1 },
  { name: '@anthropic-ai/sdk', places: ['adapters'], filesMax: 1 },
  { name: 'croner', places: ['adapters'], filesMax: 1 },
  { name: 'ws', places: ['gateway', 'adapters'], filesMax: 2 },
  { name: 'uWebSockets.js', places: ['gateway'], filesMax: 1 },
  { name: 'preact', places: ['gateway/dashboard'] },
  { name: '@preact/signals', places: ['gateway/dashboard'] },
  { name: 'lightweight-charts', places: ['gateway/dashboard'] },
  { name: 'commander', places: ['cli'] },
  { name: 'yaml', places: ['cli'] },
  { name: 'tsx', places: ['coinpilot.mjs', 'client.mjs', 'feed.mjs'] },
];

/** Code that ships with nothing: it may use any package, development ones included. */
const TEST_CODE = ['test', 'bench', 'scripts', 'vitest.config.ts'];

/** One sentence for each import that the table does not allow. */
export function importViolations(sources: ReadonlyMap<string, string>): string[] {
  const violations: string[] = [];
  const users = new Map<string, string[]>();
  for (const [file, source] of sources) {
    for (const found of importsOf(source)) {
      const problem = checkImport(file, found);
      if (problem !== undefined) violations.push(`${file}:${found.line} imports ${found.specifier ?? '?'}: ${problem}`);
      const name = found.specifier === undefined ? undefined : packageName(found.specifier);
      if (name === undefined || within(file, TEST_CODE)) continue;
      const files = users.get(name) ?? [];
      if (!files.includes(file)) users.set(name, [...files, file]);
    }
  }
  for (const { name, filesMax } of PACKAGE_RULES) {
    const files = users.get(name) ?? [];
    if (filesMax !== undefined && files.length > filesMax) {
      violations.push(`${name} is wrapped by ${filesMax} file at most, but imported by ${files.join(', ')}`);
    }
  }
  return violations;
}

function checkImport(file: string, { specifier }: Import): string | undefined {
  const rule = ruleFor(file);
  if (rule === undefined) return `no rule covers ${file}: add its folder to the table`;
  if (specifier === undefined) {
    return rule.node === true ? undefined : 'a computed import() cannot be checked: name the module';
  }
  if (specifier.startsWith('.')) return checkFolder(rule, path.posix.join(path.posix.dirname(file), specifier));
  if (isBuiltin(specifier)) return checkBuiltin(rule, specifier);
  return checkPackage(file, packageName(specifier) ?? specifier);
}

function checkFolder(rule: FolderRule, target: string): string | undefined {
  const targetRule = ruleFor(target);
  if (targetRule === undefined) return `${target} lies outside the folders of the table`;
  if (targetRule === rule) return undefined;
  if (within(target, IMPORTED_BY_TESTS_ONLY)) {
    return within(rule.place, TEST_CODE) ? undefined : `nothing that ships imports ${targetRule.place}`;
  }
  if (rule.folders === '*') return undefined;
  const allowed = within(target, rule.folders);
  const list = rule.folders.length === 0 ? 'nothing' : rule.folders.join(', ');
  return allowed ? undefined : `${rule.place} may import ${list} (${rule.why})`;
}

function checkBuiltin(rule: FolderRule, specifier: string): string | undefined {
  if (!specifier.startsWith('node:')) return `write node:${specifier}`;
  const allowed = typeof rule.node === 'boolean' ? rule.node : rule.node.includes(specifier);
  return allowed ? undefined : `${rule.place} may not use Node's modules (${rule.why})`;
}

function checkPackage(file: string, name: string): string | undefined {
  if (within(file, TEST_CODE)) return undefined;
  const rule = PACKAGE_RULES.find((candidate) => candidate.name === name);
  if (rule === undefined) return `package ${name} has no place in the table of packages`;
  return within(file, rule.places)
    ? undefined
    : `${name} belongs to ${rule.places.join(', ')} only, its types included`;
}

function ruleFor(file: string): FolderRule | undefined {
  return FOLDER_RULES.filter((rule) => within(file, [rule.place])).sort((a, b) => b.place.length - a.place.length)[0];
}

function within(file: string, places: readonly string[]): boolean {
  return places.some((place) => file === place || file.startsWith(`${place}/`));
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

/** "@scope/name/part" is of package "@scope/name"; undefined for what is no package. */
function packageName(specifier: string): string | undefined {
  if (specifier.startsWith('.') || isBuiltin(specifier)) return undefined;
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
}

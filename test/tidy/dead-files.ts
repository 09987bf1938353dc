/** Code that nothing reaches is code that nobody tests, reads or deletes: every file hangs on an entrance. */
import path from 'node:path';
import { importsOf } from './source.ts';

export interface Exemption {
  /** A file, or a folder with everything in it. */
  readonly place: string;
  readonly reason: string;
}

/** Entrances beside main.ts and what package.json names, and files that stand ready. Leave as soon as they are reached. */
export const EXEMPTIONS: readonly Exemption[] = [
  { place: 'vitest.config.ts', reason: 'read by the test runner' },
  { place: 'gateway/dashboard', reason: 'index.html names main.tsx; the tests of the build look at what it reaches' },
  { place: 'bench/actors/pod-process.ts', reason: 'forked by bench/actors: a heap has no owner but its process' },
  { place: 'scripts/rehearse/pod-network.mjs', reason: 'loaded into every Pod of the rehearsal, before its program' },
  { place: 'bench/limits/nats-process.ts', reason: 'forked by bench/limits: the other end of a connection' },
];

/** What a run can start from: the bin, the exports, the scripts of package.json (but tests keep nothing alive), and main.ts. */
export function entrances(packageJson: string): string[] {
  const { bin, exports, scripts } = JSON.parse(packageJson) as Record<'bin' | 'exports' | 'scripts', unknown>;
  const named = [...strings(bin), ...strings(exports)].map((name) => path.posix.normalize(name));
  const started = strings(scripts).flatMap((command) => command.match(/[\w./-]+\.(?:ts|mjs)\b/g) ?? []);
  return [...new Set(['main.ts', ...named, ...started.filter((file) => !file.startsWith('test/'))])];
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}

/** Every file that imports, static or dynamic, lead to from `from`. */
export function reachableFrom(from: readonly string[], sources: ReadonlyMap<string, string>): Set<string> {
  const reached = new Set<string>();
  const queue = from.filter((file) => sources.has(file));
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const { specifier } of importsOf(sources.get(file) ?? '')) {
      if (specifier?.startsWith('.') !== true) continue;
      const target = path.posix.join(path.posix.dirname(file), specifier);
      // The typescript build writes .js; the sources say .ts. Both name the same file.
      const source = sources.has(target) ? target : target.replace(/\.js$/, '.ts');
      if (sources.has(source)) queue.push(source);
    }
  }
  return reached;
}

/** Files of the product that neither an entrance nor an exemption explains. */
export function deadFiles(
  sources: ReadonlyMap<string, string>,
  from: readonly string[],
  exemptions: readonly Exemption[] = EXEMPTIONS,
): string[] {
  const exempt = (file: string): boolean =>
    exemptions.some(({ place }) => file === place || file.startsWith(`${place}/`));
  // What stands ready may lean on files of its own.
  const reached = reachableFrom([...from, ...[...sources.keys()].filter(exempt)], sources);
  return [...sources.keys()].filter((file) => !file.startsWith('test/') && !reached.has(file));
}

/** Exemptions that explain nothing any more: whatever they cover is reached. */
export function needlessExemptions(
  sources: ReadonlyMap<string, string>,
  from: readonly string[],
  exemptions: readonly Exemption[] = EXEMPTIONS,
): string[] {
  const reached = reachableFrom(from, sources);
  return exemptions
    .filter(({ place }) => {
      const covered = [...sources.keys()].filter((file) => file === place || file.startsWith(`${place}/`));
      return covered.length > 0 && covered.every((file) => reached.has(file));
    })
    .map(({ place }) => place);
}

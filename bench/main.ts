/**
 * `npm run bench`: contenders side by side, suite by suite. Ends with 1 when something that must be right is wrong, never
 * because of a time; with 2 when it was asked for what there is not.
 */
import { constants } from 'node:os';
import { type BenchOptions, parseOptions, UsageError, usage } from './harness/options.ts';
import { REGISTRY, type Registered } from './harness/registry.ts';
import { Run } from './harness/run.ts';
import type { Suite } from './harness/suite.ts';

const NAMES = REGISTRY.map(({ name }) => name);

process.exit(await main(process.argv.slice(2)));

async function main(parameters: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(parameters, NAMES);
    if (options.isHelp) return say(usage(NAMES));
    const asked = options.suites.length === 0 ? NAMES : options.suites;
    const chosen = asked.flatMap((name) => REGISTRY.find((one) => one.name === name) ?? []);
    if (options.isList) return say((await Promise.all(chosen.map(listed))).join('\n'));
    await checkNames(options, chosen);
    return await measure(options, chosen);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${usage(NAMES)}`);
    return 2;
  }
}

async function measure(options: BenchOptions, chosen: readonly Registered[]): Promise<number> {
  // Standard output belongs to the results, whatever a suite or one of its libraries wants to say.
  console.log = console.error;
  const run = new Run(options);
  let isInterrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const code = 128 + constants.signals[signal];
      // Who asks twice does not want to wait for what tidies up; the next run does it.
      if (isInterrupted) process.exit(code);
      isInterrupted = true;
      // The servers go away under a suite that still runs: what it says about that is of no interest.
      process.on('uncaughtException', () => undefined);
      const ending = run.tellInterrupted(signal).finally(() => run.close());
      void ending.finally(() => process.exit(code));
    });
  }
  try {
    return (await run.measure(chosen)) ? 0 : 1;
  } finally {
    // The signal decides how the process ends.
    if (isInterrupted) await new Promise(() => undefined);
    await run.close();
  }
}

/** A wrong name is told before an hour was measured, as far as the suites say what theirs are. */
async function checkNames({ scenarios, contenders }: BenchOptions, chosen: readonly Registered[]): Promise<void> {
  if (scenarios.length + contenders.length === 0) return;
  const suites = await Promise.all(chosen.map(({ load }) => load()));
  check(
    'scenario',
    scenarios,
    suites.map((suite) => suite.scenarios),
  );
  check(
    'contender',
    contenders,
    suites.map((suite) => suite.contenders),
  );
}

function check(what: string, asked: readonly string[], lists: readonly Suite['scenarios'][]): void {
  // One that does not tell may know any name.
  if (lists.includes(undefined)) return;
  const known = lists.flatMap((list) => list ?? []);
  const unknown = asked.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(`there is no ${what} "${unknown}"; there are: ${[...new Set(known)].join(', ')}`);
}

async function listed({ load }: Registered): Promise<string> {
  const { name, title, scenarios = [], contenders = [], baseline } = await load();
  const lines = [`${name}: ${title}`];
  if (scenarios.length > 0) lines.push(`  scenarios: ${scenarios.join(', ')}`);
  if (contenders.length > 0) {
    const marked = contenders.map((contender) =>
      contender === baseline && contenders.length > 1 ? `${contender} (baseline)` : contender,
    );
    lines.push(`  contenders: ${marked.join(', ')}`);
  }
  return lines.join('\n');
}

function say(text: string): number {
  console.log(text);
  return 0;
}

/**
 * `npm run bench`: contenders side by side, suite by suite. Ends with 1 when something that must be right is wrong, never
 * because of a time; with 2 when it was asked for what there is not.
 */
import { constants } from 'node:os';
import { hasNatsServer } from '../test/support/nats-server.ts';
import { choose, insistOnBroker } from './harness/choice.ts';
import { type BenchOptions, parseOptions, UsageError, usage } from './harness/options.ts';
import { REGISTRY } from './harness/registry.ts';
import { Run } from './harness/run.ts';
import type { Suite } from './harness/suite.ts';

const NAMES = REGISTRY.map(({ name }) => name);

// Every server and process of a suite is taken down with this one: many listen for its end.
process.setMaxListeners(0);
process.exit(await main(process.argv.slice(2)));

async function main(parameters: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(parameters, NAMES);
    if (options.isHelp) return say(usage(NAMES));
    const asked = options.suites.length === 0 ? NAMES : options.suites;
    const suites = await Promise.all(asked.flatMap((name) => REGISTRY.find((one) => one.name === name)?.load() ?? []));
    if (options.isList) return say(suites.map(listed).join('\n'));
    const choice = choose(suites, options);
    insistOnBroker(choice.suites, options, hasNatsServer);
    for (const note of choice.notes) console.error(note);
    return await measure(options, choice.suites);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\nnpm run bench -- --help tells what there is`);
    return 2;
  }
}

async function measure(options: BenchOptions, suites: readonly Suite[]): Promise<number> {
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
      console.log = console.info = console.warn = console.error = () => undefined;
      const ending = run.tellInterrupted(signal).finally(() => run.close());
      void ending.finally(() => process.exit(code));
    });
  }
  try {
    return (await run.measure(suites)) ? 0 : 1;
  } finally {
    // The signal decides how the process ends.
    if (isInterrupted) await new Promise(() => undefined);
    await run.close();
  }
}

function listed({ name, title, scenarios, contenders, baseline }: Suite): string {
  const marked = contenders.map((contender) =>
    contender === baseline && contenders.length > 1 ? `${contender} (baseline)` : contender,
  );
  return `${name}: ${title}\n  scenarios: ${scenarios.join(', ')}\n  contenders: ${marked.join(', ')}`;
}

function say(text: string): number {
  console.log(text);
  return 0;
}

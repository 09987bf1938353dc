/** What a person may ask of `npm run bench`. Everything wrong is refused here, before anything is started. */
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** In the order asked for, each once; empty: all of them. */
  readonly suites: readonly string[];
  readonly isQuick: boolean;
  readonly isJson: boolean;
  /** Keep the run in the history, and draw it where it is a whole one. */
  readonly isRecorded: boolean;
  readonly isList: boolean;
  readonly isHelp: boolean;
  readonly rounds: number | undefined;
  readonly scenarios: readonly string[];
  readonly contenders: readonly string[];
  /** Zero: the disk as it is. */
  readonly fsyncDelayMs: number;
}

/** Its message is for the person who typed it. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const ROUNDS_MAX = 100;
/** A minute of waiting for a server that starts is a mistake, not a disk. */
const FSYNC_DELAY_MS_MAX = 1_000;
const MS_PER: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000 };

export function usage(suites: readonly string[]): string {
  return `usage: npm run bench -- [suite…] [options]
suites: ${suites.join(', ')}; all of them when none is named

  --list               suites with their scenarios and contenders
  --quick              few rounds and scenarios: to see that it works, not to quote
  --rounds N           instead of the suite's own number
  --scenario NAME      only this one; may be repeated
  --contender NAME     only this one beside the baseline; may be repeated
  --fsync-delay 1ms    Postgres waits so long before each fsync, as a slower disk would (Linux, needs a C compiler)
  --json               one line of JSON a suite on standard output, nothing else
  --no-record          leave bench/history.ndjson and bench/plots/ as they are`;
}

/** `suites` are the names there are. Throws UsageError. */
export function parseOptions(parameters: readonly string[], suites: readonly string[]): BenchOptions {
  const { values, positionals } = parse(parameters);
  const unknown = positionals.find((name) => !suites.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no suite "${unknown}"; there are: ${suites.join(', ')}`);
  return {
    suites: [...new Set(positionals)],
    isQuick: values.quick,
    isJson: values.json,
    isRecorded: !values['no-record'],
    isList: values.list,
    isHelp: values.help,
    rounds: values.rounds === undefined ? undefined : readRounds(values.rounds),
    scenarios: values.scenario,
    contenders: values.contender,
    fsyncDelayMs: values['fsync-delay'] === undefined ? 0 : readDelay(values['fsync-delay']),
  };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        'no-record': { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        rounds: { type: 'string' },
        scenario: { type: 'string', multiple: true, default: [] },
        contender: { type: 'string', multiple: true, default: [] },
        'fsync-delay': { type: 'string' },
      },
    });
  } catch (error) {
    // The first sentence says what is wrong; the advice after it does not fit here.
    throw new UsageError((error as Error).message.split('. ')[0]);
  }
}

function readRounds(text: string): number {
  const rounds = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (rounds >= 1 && rounds <= ROUNDS_MAX) return rounds;
  throw new UsageError(`--rounds takes a number from 1 to ${ROUNDS_MAX}, not "${text}"`);
}

function readDelay(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(text) ?? [];
  const delayMs = Number(amount) * (MS_PER[unit ?? ''] ?? Number.NaN);
  if (delayMs > 0 && delayMs <= FSYNC_DELAY_MS_MAX) return delayMs;
  throw new UsageError(`--fsync-delay takes a time up to 1s, such as 500us or 1ms, not "${text}"`);
}

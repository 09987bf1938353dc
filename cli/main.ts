/** The command line: names, options, help. What a command does stands in its own file, loaded when it is asked for. */
import { Command, CommanderError, Option } from 'commander';
import { TerminalError } from '../protocol/errors.ts';
import { registerBacktest } from './backtest-command.ts';
import { registerCtl } from './ctl.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { VERSION } from './version.ts';

const collect = (value: string, earlier: string[] = []): string[] => [...earlier, value];

const SYMBOL_HELP = 'symbol such as KRW-BTC; repeat it or separate by commas';

const UP_EXAMPLES = `
Examples:
  coinpilot up                                             the demo market, a minute a second
  coinpilot up --preset v3.2 --set minBounce=2.5 --set rsi14Max.BEAR=38
  coinpilot up --feed file:btc.csv --symbol KRW-BTC --speed max --exit-at-end --json
  coinpilot up --feed file:btc.csv,xrp.csv.gz --symbol KRW-BTC,KRW-XRP --speed 600

The same state folder goes on where it ended. Ctrl-C stops in order; a second one, a moment later, at once.`;

const POD_EXAMPLE = `
Example:
  DATABASE_URL=postgres://user:password@host/coinpilot NATS_URL=nats://host:4222 coinpilot pod --pod pod-1`;

const COLLECTOR_EXAMPLE = `
Example:
  DATABASE_URL=postgres://user:password@host/coinpilot NATS_URL=nats://host:4222 coinpilot collector --feed demo

Any number may run: one is active, the others stand by and take over within seconds.`;

const GATEWAY_EXAMPLE = `
Example:
  DATABASE_URL=postgres://user:password@host/coinpilot NATS_URL=nats://host:4222 coinpilot gateway --http-port 8080`;

function engineOptions(command: Command): Command {
  return serverOptions(command)
    .option(
      '--state <dir>',
      'folder for data, locks and ready.json (default: under .coinpilot/, named after venue and feed)',
    )
    .option('--symbol <symbol>', SYMBOL_HELP, collect)
    .option('--preset <name>', 'v1, v3.0, v3.1, v3.2, v3.3 (default) or one of `presets:` in coinpilot.yaml')
    .option('--set <name=value>', 'change one parameter of the preset; repeatable', collect)
    .option('--fees <percent>', 'fee of the paper venue, percent of each side (default 0.05)')
    .option('--slippage <bps>', 'slippage of the paper venue against you, basis points (default 5)')
    .option('--partial-fill <share>', 'share of a paper order that fills at each price (default 1)')
    .option('--balance <krw>', 'paper money a new ledger starts with (default 10000000)')
    .option(
      '--risk <on|off>',
      'on (default), or off: portfolio limits do not refuse; size, cash and duplicates still do',
    )
    .option('--limit <name=value>', 'a risk limit, such as positionsMax=3 or dailyLossShareMax=2%; repeatable', collect)
    .option('--pod <name>', 'name of this Pod');
}

/** Of those that play a market. */
function feedOptions(command: Command): Command {
  return command
    .option('--feed <feed>', 'demo (synthetic, the default of `up`) or file:PATH[,PATH…] (recorded candles or trades)')
    .option(
      '--speed <n|max>',
      'market seconds a second, or max with `up` (default 60 for demo, 1 = as recorded for files)',
    )
    .option('--seed <n>', 'seed of the demo market (default 1)');
}

/** Of every process that serves. */
function serverOptions(command: Command): Command {
  return command
    .option(
      '--http-port <port>',
      'dashboard, feed and health checks (0 = any free; default 8080, or the next free one)',
    )
    .option(
      '--http-host <address>',
      'where they are reached (default 127.0.0.1; others need tokens: coinpilot.example.yaml)',
    )
    .option('--database-url <url>', 'Postgres to use (or DATABASE_URL); `up` without one runs its own')
    .option('--nats-url <url>', 'NATS server to use (or NATS_URL); `up` without one runs its own')
    .option('--nats-token <token>', 'token of the NATS server')
    .option('--prefix <prefix>', 'first part of all NATS subjects (default cp)')
    .option('--log-level <level>', 'debug, info, warn, error or silent (default info)')
    .option('--config <file>', 'settings file (default coinpilot.yaml, when there is one)')
    .option('--json', 'machine-readable output, with secrets in the first line');
}

export async function main(args: readonly string[]): Promise<void> {
  // `… --help | head`: the reader has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const program = new Command('coinpilot')
    .description('A trading engine that never loses, doubles or invents a position. Paper money by default.')
    .version(VERSION)
    .showHelpAfterError('(see: coinpilot help)')
    .addHelpText(
      'after',
      `
First steps:
  coinpilot up                          a demo market, paper money, everything in one process
  coinpilot ctl account get             cash, equity, limits, from another terminal
  coinpilot ctl symbol KRW-BTC explain  why it does (not) enter, check by check
  coinpilot doctor                      what is there, what is missing, what to do

Every option also as environment variable (--nats-port: COINPILOT_NATS_PORT) and in coinpilot.yaml (natsPort: 4222).
Exit codes: 0 ok, 1 refused or failed, 2 usage, 3 unavailable, 4 unknown outcome.`,
    );
  feedOptions(
    engineOptions(program.command('up').description('run everything in one process: embedded servers, feed, engine')),
  )
    .option('--nats-port <port>', 'port of the embedded broker (0 = any free; default 4222, or the next free one)')
    .option('--postgres-port <port>', 'port of the embedded Postgres (0 = any free, the default)')
    .option('--exit-at-end', 'end with the feed and print its trades and funnel')
    .addHelpText('after', UP_EXAMPLES)
    .action(async (options) => (await import('./run-engine.ts')).runEngine('up', options));
  engineOptions(
    program
      .command('pod')
      .description('one Pod of a cluster: needs DATABASE_URL and NATS_URL, market data from collectors'),
  )
    .addHelpText('after', POD_EXAMPLE)
    .action(async (options) => (await import('./run-engine.ts')).runEngine('pod', options));
  feedOptions(
    serverOptions(
      program
        .command('collector')
        .description('market data for the Pods of a cluster: needs DATABASE_URL, NATS_URL and --feed'),
    ),
  )
    .option('--symbol <symbol>', SYMBOL_HELP, collect)
    .option('--pod <name>', 'name of this collector')
    .addHelpText('after', COLLECTOR_EXAMPLE)
    .action(async (options) => (await import('./run-engine.ts')).runEngine('collector', options));
  serverOptions(
    program
      .command('gateway')
      .description('dashboard, live feed and HTTP interface of a cluster: needs DATABASE_URL and NATS_URL'),
  )
    .addHelpText('after', GATEWAY_EXAMPLE)
    .action(async (options) => (await import('./run-engine.ts')).runEngine('gateway', options));
  program
    .command('migrate')
    .description('bring the database of DATABASE_URL to this version')
    .option('--database-url <url>', 'Postgres to migrate (or DATABASE_URL)')
    .option('--json', 'machine-readable output')
    .action(async (options) => (await import('./migrate.ts')).migrateCommand(options));
  program
    .command('audit')
    .description('fold the whole ledger: does every position and the cash follow from its history? (exit code 1: no)')
    .option('--database-url <url>', 'Postgres to audit (or DATABASE_URL)')
    .option('--state <dir>', 'state folder of a running engine whose Postgres to audit')
    .option('--json', 'machine-readable output')
    .action(async (options) => (await import('./audit.ts')).auditCommand(options));
  program
    .command('doctor')
    .description('what is reachable, what is missing, what to do')
    .option('--state <dir>', 'state folder to look at')
    .addOption(new Option('--database-url <url>').hideHelp())
    .addOption(new Option('--nats-url <url>').hideHelp())
    .option('--json', 'machine-readable output')
    .action(async (options) => (await import('./doctor.ts')).doctor(options));
  registerBacktest(program);
  registerCtl(program);
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof TerminalError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.failed;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.failed;
}

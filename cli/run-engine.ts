/**
 * `up`, `pod`, `collector` and `gateway` as a process: starts it, says when it serves, ends it on a signal, with the feed or when
 * a part keeps failing. The first line on standard output is the ready line, the last (with --exit-at-end) the result; logs go to
 * standard error, or to a file while the status view has the terminal.
 */
import { join } from 'node:path';
import { createLog } from '../adapters/log.ts';
import type { ClosedTradeJson } from '../domain/trade.ts';
import { LIMITS } from '../protocol/limits.ts';
import { CollectorProcess } from '../supervisors/roles/collector-process.ts';
import { Engine } from '../supervisors/roles/engine.ts';
import type { Role } from '../supervisors/roles/engine-config.ts';
import type { EngineCallbacks } from '../supervisors/roles/engine-context.ts';
import { GatewayProcess } from '../supervisors/roles/gateway-process.ts';
import { StateFolder } from '../supervisors/roles/state-folder.ts';
import { type EngineSettings, readEngineSettings } from './engine-settings.ts';
import { EXIT } from './exit-codes.ts';
import type { RawSettings } from './settings.ts';
import { StatusView } from './status-view.ts';
import { VERSION } from './version.ts';

type Ending = { readonly code: number; readonly why: string; readonly printResult: boolean };

const KEEP_ALIVE_MS = 60_000;
/** npm and npx repeat a Ctrl-C of the terminal to their child, which got it from the terminal already: that is one press. */
const SAME_PRESS_MS = 500;

/** What runs: an engine, or what brings market data to those of others or shows them. */
interface Served {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly addresses: { readonly nats: string; readonly postgres: string; readonly http: string };
}

export async function runEngine(role: Role, flags: RawSettings): Promise<void> {
  const settings = readEngineSettings(role, flags, process.env);
  const { config, json } = settings;
  const state = config.stateDirectory === null ? undefined : StateFolder.take(config.stateDirectory);
  const live = process.stdout.isTTY === true && !json;
  const log = createLog({
    level: settings.logLevel,
    ...(live && state !== undefined ? { file: join(state.path, 'engine.log') } : {}),
  });
  log.info({ role, version: VERSION, preset: config.preset.name }, 'starting');
  let end: (ending: Ending) => void = () => undefined;
  const ending = new Promise<Ending>((resolve) => {
    end = resolve;
  });
  // Timers of the engine don't keep a process alive; this one does, until the engine has ended.
  const keepAlive = setInterval(() => undefined, KEEP_ALIVE_MS);
  const callbacks: EngineCallbacks = {
    onGiveUp: (part, error) => {
      log.error({ part, error: messageOf(error) }, 'this process gives up');
      if (live) process.stderr.write(`${part}: ${messageOf(error)}\n`);
      end({ code: EXIT.failed, why: `${part} keeps failing`, printResult: false });
    },
    onFeedEnd: () => {
      log.info({}, 'the feed has ended');
      if (settings.exitAtEnd) end({ code: EXIT.ok, why: 'the feed has ended', printResult: true });
    },
    onDrain: (reason) => end({ code: EXIT.ok, why: reason, printResult: false }),
    onTrade: (trade) => view?.trade(trade),
  };
  const engine = role === 'up' || role === 'pod' ? new Engine(config, state, log, callbacks) : undefined;
  const served: Served = engine ?? new (role === 'gateway' ? GatewayProcess : CollectorProcess)(config, log, callbacks);
  const view = live && engine !== undefined ? new StatusView(engine) : undefined;
  // A reader that went away (a closed terminal, `| head -1`) is no reason to stop trading.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  onSignals(
    (signal) => end({ code: EXIT.ok, why: signal, printResult: false }),
    (signal) => {
      log.error({ signal }, 'ended at once by a second signal: what was not acknowledged may not have been done');
      process.exit(EXIT.failed);
    },
  );
  process.on('unhandledRejection', (error) => {
    log.error(
      { error: messageOf(error), stack: (error as Error)?.stack },
      'an unhandled rejection: a bug, please report it',
    );
    end({ code: EXIT.failed, why: 'unhandled rejection', printResult: false });
  });

  if (live) process.stdout.write('Starting. The first time takes some seconds longer.\n');
  let stopping = false;
  const started = served.start().then(
    async () => {
      // Resolves too when it was called off.
      if (stopping) return;
      announce(served, settings, state);
      if (view === undefined || engine === undefined) return;
      const earlier = await engine.context.ledger.store.trades().catch(() => []);
      if (!stopping) view.start(earlier);
    },
    (error: unknown) => {
      process.stderr.write(`${messageOf(error)}\n`);
      end({ code: EXIT.failed, why: 'the start failed', printResult: false });
    },
  );
  const { code, why, printResult } = await ending;
  // The feed can end before the start is told: the ready line comes before the result.
  if (printResult) await started;
  stopping = true;
  view?.stop();
  log.info({ why }, 'stopping');
  const result = printResult && engine !== undefined ? await readResult(engine) : undefined;
  const force = setTimeout(() => {
    log.error({ afterMs: LIMITS.stopTimeoutMs }, 'the stop took too long and was forced');
    process.exit(EXIT.failed);
  }, LIMITS.stopTimeoutMs);
  // First, because it also calls off a start that waits for a server.
  await served.stop();
  await started;
  state?.release();
  clearTimeout(force);
  clearInterval(keepAlive);
  if (result !== undefined) printRun(result, json || !process.stdout.isTTY);
  else if (live)
    process.stdout.write('Stopped. Everything acknowledged is stored; the next start goes on from here.\n');
  process.exitCode = code;
  // Nothing of ours is left running; a handle of a library must not keep the process.
  setTimeout(() => process.exit(code), 1_000).unref();
}

/** The first signal ends the engine in order; a second one, a moment later, at once. */
function onSignals(stop: (signal: string) => void, atOnce: (signal: string) => void): void {
  let askedAt: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (askedAt === undefined) stop(signal);
      else if (now - askedAt > SAME_PRESS_MS) atOnce(signal);
      askedAt ??= now;
    });
  }
}

function announce(served: Served, settings: EngineSettings, state: StateFolder | undefined): void {
  const { pod, natsToken, prefix } = settings.config;
  const info = { ready: true, pod, ...served.addresses } as const;
  state?.writeReady({ ...info, prefix, pid: process.pid, ...(natsToken === undefined ? {} : { natsToken }) });
  if (process.stdout.isTTY && !settings.json) return;
  const shown = settings.json
    ? { ...info, ...(natsToken === undefined ? {} : { natsToken }) }
    : { ...info, postgres: withoutPassword(info.postgres) };
  process.stdout.write(`${JSON.stringify(shown)}\n`);
}

interface RunResult {
  readonly trades: readonly ClosedTradeJson[];
  readonly funnel: Readonly<Record<string, number>>;
}

async function readResult(engine: Engine): Promise<RunResult> {
  return { trades: await engine.context.ledger.store.trades(), funnel: await engine.context.ledger.store.funnel() };
}

function printRun(result: RunResult, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const { trades, funnel } = result;
  for (const trade of trades) {
    process.stdout.write(
      `${trade.entryTime.slice(0, 16)}  ${trade.symbol.padEnd(10)} ${trade.entryPrice.padStart(14)} → ${trade.exitPrice.padStart(14)}  ${trade.reason.padEnd(14)} ${trade.profit.padStart(18)}\n`,
    );
  }
  process.stdout.write(`\n${trades.length} trades. Closes without a position, by what stopped the entry:\n`);
  for (const [key, count] of Object.entries(funnel)) process.stdout.write(`  ${String(count).padStart(8)}  ${key}\n`);
}

function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^:/@]+):[^@]*@/, '$1:***@');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

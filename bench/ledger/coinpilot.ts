/**
 * The engine as it ships: a whole Pod with its lease, account and supervision, over Postgres, in this process. Fills enter
 * where the bus would hand them over, already decoded; the bus itself is the end-to-end suite's business.
 */
import { randomUUID } from 'node:crypto';
import { PaperVenue } from '../../adapters/paper/paper-venue.ts';
import { systemClock, systemRandom } from '../../adapters/system-clock.ts';
import { upbitKrw } from '../../domain/instrument.ts';
import { fromNumber } from '../../domain/money.ts';
import { DEFAULT_PAPER_SETTINGS } from '../../domain/paper.ts';
import { canonicalPreset, PRESETS } from '../../domain/preset.ts';
import { GroupCommit } from '../../ledger/group-commit.ts';
import { PostgresCommit } from '../../ledger/postgres/commit.ts';
import { ledgerFailure } from '../../ledger/postgres/connection.ts';
import { PostgresLedger } from '../../ledger/postgres/ledger.ts';
import type { Reply } from '../../protocol/errors.ts';
import { fingerprint } from '../../protocol/ids.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { Subjects } from '../../protocol/subjects.ts';
import { Pod } from '../../supervisors/pod.ts';
import { RestForOne } from '../../supervisors/rest-for-one.ts';
import { RestartPolicy } from '../../supervisors/restart-policy.ts';
import type { SymbolHost } from '../../supervisors/symbol-host.ts';
import { FakeBus, FakeBusServer } from '../../test/support/fake-bus.ts';
import type { Design, RunningDesign } from './contender.ts';
import { quiet } from './database.ts';
import type { BenchFill } from './load.ts';

export const coinpilot: Design = { name: 'coinpilot', isSafe: true, open: openPod };

/** A Pod that serves all symbols of its database. */
export async function openPod(url: string, symbols: number): Promise<RunningDesign> {
  const { pod, stop } = await startPod(url, symbols);
  const hosts = pod.symbols?.hosts ?? new Map<string, SymbolHost>();
  return { fill: (fill) => send(hosts, fill), close: stop };
}

export async function startPod(url: string, symbols: number): Promise<{ pod: Pod; stop: () => Promise<void> }> {
  const ledger = await PostgresLedger.open({ url, log: quiet });
  const bus = new QuietBus(new FakeBusServer(systemClock));
  const venue = new PaperVenue({ settings: DEFAULT_PAPER_SETTINGS, store: ledger.paper, log: quiet });
  const parametersHash = fingerprint(canonicalPreset(PRESETS['v3.3']));
  const pod = new Pod({
    pod: 'bench',
    subjects: new Subjects(),
    clock: systemClock,
    random: systemRandom,
    log: quiet,
    newIncarnation: randomUUID,
    outside: () => ({
      bus,
      ledger,
      venue,
      openWriter: async ({ onFailed, mayCommit }) => {
        let queue: GroupCommit | undefined;
        const port = await PostgresCommit.connect(url, (cause) => queue?.fail(ledgerFailure(cause)));
        queue = new GroupCommit(port, onFailed, mayCommit);
        return { queue, close: () => port.close() };
      },
    }),
    symbols: [],
    settingsOf: (symbol) => ({
      symbol,
      preset: PRESETS['v3.3'],
      parametersHash,
      instrument: upbitKrw(symbol),
      feeRate: fromNumber(DEFAULT_PAPER_SETTINGS.feeRate),
    }),
    limits: 'off',
    openingBalance: 0n,
    marketNow: () => systemClock.now(),
    storeMarket: async () => undefined,
    count: () => undefined,
    onTrade: () => undefined,
    onDrain: () => undefined,
  });
  const policy = () =>
    new RestartPolicy(
      { restartsMax: LIMITS.restartsMax, windowMs: LIMITS.restartWindowMs, backoffFirstMs: 50, backoffMaxMs: 1_000 },
      systemClock,
      systemRandom,
    );
  const supervisor = new RestForOne({
    parts: pod.parts(),
    policy: policy(),
    outsidePolicy: policy(),
    clock: systemClock,
    log: quiet,
    onGiveUp: (part, error) => console.error(`the Pod gave up: ${part}`, error),
  });
  await supervisor.start();
  while ((pod.symbols?.held.length ?? 0) < symbols) await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    pod,
    stop: async () => {
      pod.end();
      await supervisor.stop();
      await ledger.close();
    },
  };
}

function send(hosts: ReadonlyMap<string, SymbolHost>, fill: BenchFill): Promise<void> {
  const { symbol, ...request } = fill;
  return new Promise((resolve, reject) => {
    const host = hosts.get(symbol);
    if (host === undefined) throw new Error(`${symbol} is not served`);
    host.post({ type: 'fill', items: [request], batch: false }, (reply: Reply) => {
      if (reply.ok) resolve();
      else reject(new Error(JSON.stringify(reply.error)));
    });
  });
}

/** Carries requests between the Pod's own parts. Events find no listener here, as on a broker without subscribers. */
class QuietBus extends FakeBus {
  override publish(): void {}
}

/**
 * The engine as it ships: a whole Pod with its lease, account and supervision, over Postgres, in this process. Fills enter
 * where the bus would hand them over, already decoded; the bus itself is the end-to-end suite's business.
 */
import { randomUUID } from 'node:crypto';
import type { SymbolMessage } from '../../actors/symbol/messages.ts';
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
import { type Reply, refuse } from '../../protocol/errors.ts';
import { fingerprint } from '../../protocol/ids.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { Subjects } from '../../protocol/subjects.ts';
import { Pod } from '../../supervisors/pod.ts';
import { RestForOne } from '../../supervisors/rest-for-one.ts';
import { RestartPolicy } from '../../supervisors/restart-policy.ts';
import { FakeBus, FakeBusServer } from '../../test/support/fake-bus.ts';
import type { Design, RunningDesign } from './contender.ts';
import { quiet } from './database.ts';
import type { BenchFill } from './load.ts';

/** The rules of the typed client (adapters/nats/client/call.ts), and its deadline. */
const PAUSE_MIN_MS = 20;
const PAUSE_MAX_MS = 250;
const PAUSE_GROWTH = 1.5;
const DEADLINE_MS = 10_000;

export const coinpilot: Design = { name: 'coinpilot', isSafe: true, open: openPod };

/** A Pod that serves all symbols of its database. */
export async function openPod(url: string, symbols: number): Promise<RunningDesign> {
  const { pod, stop } = await startPod(url, symbols);
  return {
    fill: (fill) => new Promise((resolve, reject) => new Sending(pod, fill, resolve, reject).attempt()),
    close: stop,
  };
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
      openWriter: async ({ onFailed, mayCommit, load }) => {
        let queue: GroupCommit | undefined;
        const port = await PostgresCommit.connect(url, (cause) => queue?.fail(ledgerFailure(cause)));
        queue = new GroupCommit(port, onFailed, mayCommit, load);
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

/**
 * Sends one fill until it is answered for good, as the typed client does: the same id again after a drawn pause when the
 * answer says so, BUSY above all, up to the client's deadline. The time of all attempts is the fill's.
 */
class Sending {
  readonly #pod: Pod;
  readonly #symbol: string;
  readonly #message: SymbolMessage;
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;
  readonly #endsAt = performance.now() + DEADLINE_MS;
  #pauseMsMax = 2 * PAUSE_MIN_MS;

  constructor(pod: Pod, fill: BenchFill, resolve: () => void, reject: (error: Error) => void) {
    const { symbol, id, side, quantity, price, fee, at } = fill;
    this.#pod = pod;
    this.#symbol = symbol;
    this.#message = { type: 'fill', items: [{ id, side, quantity, price, fee, at }], batch: false };
    this.#resolve = resolve;
    this.#reject = reject;
  }

  attempt(): void {
    const host = this.#pod.symbols?.hosts.get(this.#symbol);
    if (host === undefined) this.#onReply(refuse('NOT_OWNER', `${this.#symbol} is not served`));
    else host.post(this.#message, (reply) => this.#onReply(reply));
  }

  #onReply(reply: Reply): void {
    if (reply.ok) this.#resolve();
    else if (reply.error.retryable && performance.now() < this.#endsAt) this.#again();
    else this.#reject(new Error(JSON.stringify(reply.error)));
  }

  #again(): void {
    setTimeout(() => this.attempt(), PAUSE_MIN_MS + (this.#pauseMsMax - PAUSE_MIN_MS) * Math.random());
    this.#pauseMsMax = Math.min(this.#pauseMsMax * PAUSE_GROWTH, PAUSE_MAX_MS);
  }
}

/** Carries requests between the Pod's own parts. Events find no listener here, as on a broker without subscribers. */
class QuietBus extends FakeBus {
  override publish(): void {}
}

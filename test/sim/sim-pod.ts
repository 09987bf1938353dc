/**
 * One life of a Pod's process: the shipped parts under the shipped supervision, as `supervisors/roles/engine.ts` puts them
 * together, over simulated ports. A crash ends it; the next life has the same name and nothing else.
 */
import { PaperVenue } from '../../adapters/paper/paper-venue.ts';
import { upbitKrw } from '../../domain/instrument.ts';
import { fromNumber, parseDecimal } from '../../domain/money.ts';
import { PRESETS, type Preset } from '../../domain/preset.ts';
import { GroupCommit } from '../../ledger/group-commit.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { Subjects } from '../../protocol/subjects.ts';
import { MarketIntake } from '../../supervisors/market-intake.ts';
import { Pod, type PodOutside } from '../../supervisors/pod.ts';
import { type PartSpec, RestForOne } from '../../supervisors/rest-for-one.ts';
import { RestartPolicy } from '../../supervisors/restart-policy.ts';
import { MarketBus } from '../../supervisors/roles/market-bus.ts';
import type { SymbolHost } from '../../supervisors/symbol-host.ts';
import { withTimeout } from '../../supervisors/waiting.ts';
import type { Auditor } from './audit/auditor.ts';
import { BusConnection } from './bus-connection.ts';
import type { BusServer } from './bus-server.ts';
import { Dice } from './dice.ts';
import type { FaultCounts } from './fault-counts.ts';
import { LedgerLink } from './ledger-link.ts';
import type { SimLedger } from './sim-ledger.ts';
import { SimProcess } from './sim-process.ts';
import type { BatchFate, SimWriter } from './sim-writer.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

/** What a new ledger starts with. */
export const OPENING_BALANCE = '10000000';
export const FEE_RATE = 0.0005;

/** Enters whenever the close falls out of its band in a rising market. */
const EAGER: Preset = {
  ...PRESETS.v1,
  regimes: { ...PRESETS.v1.regimes, SIDEWAYS: { ...PRESETS.v1.regimes.SIDEWAYS, rsi14Max: 100, volumeMin: 0 } },
};

export interface SimPodOptions {
  readonly seed: number;
  readonly name: string;
  /** Counts the lives of this name. */
  readonly life: number;
  readonly timeline: Timeline;
  readonly server: BusServer;
  readonly ledger: SimLedger;
  readonly auditor: Auditor;
  readonly counts: FaultCounts;
  readonly trace: Trace;
  /** How much of an order the venue fills at each price. */
  readonly partialFill: number;
  readonly onDrain: () => void;
  readonly onGiveUp: (part: string, error: unknown) => void;
}

export class SimPod {
  readonly name: string;
  readonly process: SimProcess;
  readonly bus: BusConnection;
  readonly link: LedgerLink;
  readonly pod: Pod;
  /** What becomes of the next commit. */
  nextBatch: BatchFate = 'fine';
  writer: SimWriter | undefined;
  readonly #supervisor: RestForOne;
  #intake: MarketIntake | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: SimPodOptions) {
    const { seed, name, life, timeline, server, ledger, auditor, trace } = options;
    const dice = new Dice(seed, name, life);
    this.name = name;
    this.process = new SimProcess(`${name}/${life}`, timeline, dice);
    this.link = new LedgerLink({ process: this.process, timeline, dice, counts: options.counts });
    const lifeName = this.process.name;
    this.bus = new BusConnection({
      process: this.process,
      server,
      timeline,
      dice,
      observer: {
        asked: ({ subject, data }) => auditor.replies.asked(subject, data),
        replied: (_, reply, asked) => auditor.replies.replied(asked, reply),
        published: (subject, payload) => auditor.replies.published(lifeName, subject, payload),
      },
    });
    const log = trace.log(lifeName, (message, fields) =>
      auditor.report('error', `${lifeName}: ${message}`, '', fields),
    );
    const outside = this.#outside(options, log);
    const subjects = new Subjects();
    const { clock } = this.process;
    this.pod = new Pod({
      pod: name,
      subjects,
      clock,
      random: dice,
      log,
      newIncarnation: () => dice.uuid7(clock.now()),
      outside: () => outside,
      symbols: [],
      settingsOf: (symbol) => ({
        symbol,
        preset: EAGER,
        parametersHash: 'eager',
        instrument: upbitKrw(symbol),
        feeRate: fromNumber(FEE_RATE),
      }),
      limits: 'off',
      openingBalance: parseDecimal(OPENING_BALANCE),
      marketNow: () => this.#intake?.marketTime ?? clock.now(),
      storeMarket: async () => this.#intake?.flush(),
      count: (symbol, key) => this.#intake?.count(symbol, key),
      onTrade: () => undefined,
      onDrain: options.onDrain,
    });
    const market: PartSpec = {
      name: 'market',
      start: async (failed) => this.#startMarket(ledger, subjects, log, failed),
    };
    const policy = (restartsMax: number, backoffMaxMs: number) => {
      const { restartWindowMs: windowMs, restartBackoffFirstMs: backoffFirstMs } = LIMITS;
      return new RestartPolicy({ restartsMax, windowMs, backoffFirstMs, backoffMaxMs }, clock, dice);
    };
    this.#supervisor = new RestForOne({
      parts: [...this.pod.parts(), market],
      policy: policy(LIMITS.restartsMax, LIMITS.restartBackoffMaxMs),
      outsidePolicy: policy(LIMITS.fencesMax, LIMITS.outsideBackoffMaxMs),
      clock,
      log,
      onGiveUp: options.onGiveUp,
    });
    this.#supervisor.start().catch((error: unknown) => options.onGiveUp('start', error));
  }

  /** SIGTERM: hands over what it has and ends. Resolves when the process is gone. */
  drain(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  /** Serves these symbols at the moment, under these epochs. */
  get served(): ReadonlyMap<string, number> {
    const hosts = this.pod.symbols?.hosts.values() ?? [];
    return new Map([...hosts].filter(({ mode }) => mode !== 'starting').map(({ symbol, epoch }) => [symbol, epoch]));
  }

  async #end(): Promise<void> {
    this.pod.end();
    await this.#supervisor.stop();
    await this.bus.close();
    this.process.end();
  }

  /** Prices from the bus, what is counted about them into the ledger; as the role `pod` wires it. */
  #startMarket(ledger: SimLedger, subjects: Subjects, log: Log, failed: (error: unknown) => void) {
    const { pod, bus } = this;
    const { clock } = this.process;
    const shared = { hosts: pod.symbols?.hosts ?? new Map<string, SymbolHost>(), bus, subjects, stats: pod.stats, log };
    const intake = new MarketIntake({
      ...shared,
      observePrice: (symbol, price, at) => pod.account?.observePrice(symbol, price, at),
      writer: ledger.seenBy(this.link).store,
      clock,
      onFailed: failed,
    });
    this.#intake = intake;
    const market = new MarketBus({ ...shared, clock, account: () => pod.account, intake });
    return {
      stop: async () => {
        market.stop();
        intake.stop();
        await withTimeout(clock, intake.flush(), pod.patienceMs);
      },
    };
  }

  #outside({ ledger, partialFill }: SimPodOptions, log: Log): PodOutside {
    const { paper, ...ports } = ledger.seenBy(this.link);
    return {
      bus: this.bus,
      ledger: ports,
      venue: new PaperVenue({ settings: { feeRate: FEE_RATE, slippageBps: 0, partialFill }, store: paper, log }),
      openWriter: async ({ onFailed, mayCommit, load }) => {
        let queue: GroupCommit | undefined;
        const writer = await ledger.connectWriter(this.link, {
          onLost: (cause) => queue?.fail(cause),
          nextFate: () => {
            const fate = this.nextBatch;
            this.nextBatch = 'fine';
            return fate;
          },
        });
        queue = new GroupCommit(writer, onFailed, mayCommit, load);
        this.writer = writer;
        return { queue, close: () => writer.close() };
      },
    };
  }
}

/** What goes wrong in a run: each fault happens at a step, most end by themselves after a while, all end at `heal`. */
import type { BusConnection } from './bus-connection.ts';
import type { BusServer, Weather } from './bus-server.ts';
import type { Dice } from './dice.ts';
import type { FaultCounts } from './fault-counts.ts';
import type { Fleet } from './fleet.ts';
import type { SimLedger } from './sim-ledger.ts';
import type { SimPod } from './sim-pod.ts';
import { BATCH_FATES } from './sim-writer.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

/** Each kind with how often it is chosen. */
const FAULTS = {
  'Pod crash': 4,
  'Pod pause': 4,
  'Pod drain': 1,
  'Pod doubled': 1,
  'commit fate': 6,
  'writer reset': 2,
  'ledger trouble': 4,
  'ledger slow': 2,
  'ledger refused': 2,
  'ledger black hole': 2,
  'locked rows': 2,
  'lease loss': 2,
  'bus cut': 2,
  'bus black hole': 2,
  'bus loss': 2,
  'bus duplication': 2,
  'bus reordering': 2,
  'bus delay': 2,
  'bus restart': 1,
  'peers split': 2,
  'Pod clock jump': 2,
  'ledger clock jump': 1,
} as const;
export type Fault = keyof typeof FAULTS;

const CLOCK_JUMP_MS = 600_000;
/** The database's clock is kept by its machine: it jumps less. */
const LEDGER_JUMP_MS = 8_000;

export class Faults {
  readonly #timeline: Timeline;
  readonly #dice: Dice;
  readonly #fleet: Fleet;
  readonly #server: BusServer;
  readonly #ledger: SimLedger;
  readonly #clients: readonly BusConnection[];
  readonly #counts: FaultCounts;
  readonly #trace: Trace;
  /** What ends a fault that goes on; each runs once. */
  readonly #ends = new Set<() => void>();

  /** What each fault does to a Pod, or to everybody. */
  readonly #strikes: Readonly<Record<Fault, (pod: SimPod) => void>> = {
    'Pod crash': (pod) => this.#fleet.crash(pod),
    'Pod pause': (pod) => {
      pod.process.pause();
      this.#for(200, 14_000, () => pod.process.resume());
    },
    'Pod drain': (pod) => this.#fleet.drain(pod),
    'Pod doubled': (pod) => {
      if (this.#dice.chance(0.5)) {
        pod.process.pause();
        this.#for(200, 9_000, () => pod.process.resume());
      }
      this.#for(500, 15_000, this.#fleet.double(pod));
    },
    'commit fate': (pod) => {
      pod.nextBatch = this.#dice.pick(BATCH_FATES);
    },
    'writer reset': (pod) => pod.writer?.break(),
    'ledger trouble': (pod) => {
      pod.link.trouble += this.#dice.integer(1, 4);
    },
    'ledger slow': (pod) => {
      pod.link.slowMs = this.#dice.between(20, 1_500);
      this.#for(500, 5_000, () => {
        pod.link.slowMs = 0;
      });
    },
    'ledger refused': (pod) => this.#partitionLedger(pod, 'refused'),
    'ledger black hole': (pod) => this.#partitionLedger(pod, 'hole'),
    'locked rows': () => {
      this.#ledger.lockedRows = this.#dice.between(0.1, 0.9);
      this.#for(200, 4_000, () => {
        this.#ledger.lockedRows = 0;
      });
    },
    'lease loss': (pod) => {
      const row = this.#ledger.database.pods.get(pod.name);
      if (row !== undefined) row.expiresAt = this.#ledger.database.clock.now() - 1;
    },
    'bus cut': (pod) => this.#isolate(pod, 'cut'),
    'bus black hole': (pod) => this.#isolate(pod, 'hole'),
    'bus loss': () => this.#weather('loss', 0.02, 0.3),
    'bus duplication': () => this.#weather('duplication', 0.05, 0.5),
    'bus reordering': () => this.#weather('reordering', 0.05, 0.5),
    'bus delay': () => this.#weather('delayMs', 20, 900),
    'bus restart': () => this.#server.restart(this.#dice.between(50, 3_000)),
    'peers split': () => {
      const all = [...this.#fleet.running.map(({ bus }) => bus), ...this.#clients];
      this.#server.splitOff(all.filter(() => this.#dice.chance(0.5)));
      this.#for(200, 6_000, () => this.#server.splitOff([]));
    },
    'Pod clock jump': (pod) => {
      pod.process.skewMs += this.#dice.between(-CLOCK_JUMP_MS, CLOCK_JUMP_MS);
    },
    'ledger clock jump': () => {
      this.#ledger.skewMs += this.#dice.between(-LEDGER_JUMP_MS, LEDGER_JUMP_MS);
    },
  };

  constructor(options: {
    readonly timeline: Timeline;
    readonly dice: Dice;
    readonly fleet: Fleet;
    readonly server: BusServer;
    readonly ledger: SimLedger;
    readonly clients: readonly BusConnection[];
    readonly counts: FaultCounts;
    readonly trace: Trace;
  }) {
    this.#timeline = options.timeline;
    this.#dice = options.dice;
    this.#fleet = options.fleet;
    this.#server = options.server;
    this.#ledger = options.ledger;
    this.#clients = options.clients;
    this.#counts = options.counts;
    this.#trace = options.trace;
  }

  /** Something goes wrong. */
  strike(): void {
    const kind = this.#dice.weighted<Fault>(FAULTS);
    const running = this.#fleet.running.filter(({ process }) => !process.ended);
    if (running.length === 0) return;
    const pod = this.#dice.pick(running);
    this.#counts.add(kind);
    this.#trace.add('fault', () => `${kind} (${pod.process.name})`);
    this.#strikes[kind](pod);
  }

  /** Everything that still goes on ends. */
  heal(): void {
    for (const end of [...this.#ends]) end();
    for (const pod of this.#fleet.running) {
      pod.nextBatch = 'fine';
      pod.link.trouble = 0;
    }
  }

  #partitionLedger(pod: SimPod, how: 'refused' | 'hole'): void {
    pod.link.partition = how;
    if (how === 'refused') pod.writer?.break();
    this.#for(100, 9_000, () => {
      pod.link.partition = 'none';
      // What was open across a hole is dead by then, or goes on as if nothing had been.
      if (how === 'hole' && this.#dice.chance(0.5)) pod.writer?.break();
    });
  }

  #isolate(pod: SimPod, how: 'cut' | 'hole'): void {
    pod.bus.isolate(how);
    this.#for(100, 10_000, () => pod.bus.heal());
  }

  #weather(kind: keyof Weather, least: number, most: number): void {
    const { weather } = this.#server;
    weather[kind] = this.#dice.between(least, most);
    this.#for(200, 4_000, () => {
      weather[kind] = 0;
    });
  }

  /** Ends it after a while. */
  #for(leastMs: number, mostMs: number, end: () => void): void {
    const once = (): void => {
      if (this.#ends.delete(once)) end();
    };
    this.#ends.add(once);
    this.#timeline.after(this.#dice.between(leastMs, mostMs), once);
  }
}

/**
 * The Pods of a run and whoever starts them again, as Kubernetes does: a life that ended is followed by another one under
 * the same name, some time later.
 */
import type { Auditor } from './audit/auditor.ts';
import type { BusServer } from './bus-server.ts';
import { Dice } from './dice.ts';
import type { FaultCounts } from './fault-counts.ts';
import type { SimLedger } from './sim-ledger.ts';
import { SimPod } from './sim-pod.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

const RESTART_MS = { least: 100, most: 6_000 };

export interface FleetOptions {
  readonly seed: number;
  readonly timeline: Timeline;
  readonly server: BusServer;
  readonly ledger: SimLedger;
  readonly auditor: Auditor;
  readonly counts: FaultCounts;
  readonly trace: Trace;
}

export class Fleet {
  readonly names: readonly string[];
  readonly #options: FleetOptions;
  readonly #dice: Dice;
  readonly #partialFill: number;
  /** The life each name has at the moment. */
  readonly #pods = new Map<string, SimPod>();
  readonly #lives = new Map<string, number>();

  constructor(names: readonly string[], options: FleetOptions) {
    this.names = names;
    this.#options = options;
    this.#dice = new Dice(options.seed, 'fleet');
    this.#partialFill = this.#dice.pick([1, 1, 0.5]);
  }

  /** Pods whose process is there, frozen ones included. */
  get running(): readonly SimPod[] {
    return [...this.#pods.values()];
  }

  start(name: string): void {
    if (this.#pods.has(name)) return;
    const life = (this.#lives.get(name) ?? 0) + 1;
    this.#lives.set(name, life);
    const { trace, auditor, counts } = this.#options;
    trace.add(name, () => `starts life ${life}`);
    const pod: SimPod = new SimPod({
      ...this.#options,
      name,
      life,
      partialFill: this.#partialFill,
      onDrain: () => this.drain(pod),
      onGiveUp: (part, error) => {
        trace.add(name, () => `gives up: ${part}: ${String(error)}`);
        counts.add('Pod gave up');
        const cause = (error as Error).cause ?? error;
        if ((cause as Error).name !== 'FencedError')
          auditor.report('error', `${name}: ${part} gives up`, '', String(error));
        this.crash(pod);
      },
    });
    this.#pods.set(name, pod);
  }

  /** kill -9; it is started again later. */
  crash(pod: SimPod): void {
    if (pod.process.ended) return;
    pod.process.end();
    this.#restartLater(pod);
  }

  /**
   * A life of the same name is started although this one goes on: its node was taken for dead. Returns what ends the old
   * one at last.
   */
  double(pod: SimPod): () => void {
    if (this.#pods.get(pod.name) !== pod) return () => undefined;
    this.#pods.delete(pod.name);
    this.start(pod.name);
    return () => pod.process.end();
  }

  /** SIGTERM; it is started again when it has ended. */
  drain(pod: SimPod): void {
    this.#options.trace.add(pod.name, () => 'drains');
    pod.drain().then(() => this.#restartLater(pod));
  }

  #restartLater(pod: SimPod): void {
    if (this.#pods.get(pod.name) !== pod) return;
    this.#pods.delete(pod.name);
    const { timeline } = this.#options;
    timeline.after(this.#dice.between(RESTART_MS.least, RESTART_MS.most), () => this.start(pod.name));
  }
}

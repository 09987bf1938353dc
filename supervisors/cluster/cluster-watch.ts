/**
 * What this Pod knows of the cluster: the newest view, replaced as a whole, never changed. An event of the cluster makes
 * the next one where it can; else the view is read again, as it is when a heartbeat tells of a newer one, or when the lease
 * of a Pod is about to end. Events are hints: one that is lost is made up for by the next heartbeat.
 */

import { LIMITS } from '../../protocol/limits.ts';
import type { Bus, BusMessage } from '../../protocol/ports/bus.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type {
  ClusterEvent,
  ClusterEventBody,
  ClusterView,
  Heartbeat,
  Owner,
  OwnershipPort,
  PodRow,
} from '../../protocol/ports/ownership.ts';
import type { Subjects } from '../../protocol/subjects.ts';
import { Repeater } from '../repeater.ts';
import { type CommittedEvent, viewAfter } from './view-after.ts';

export interface ClusterWatchOptions {
  readonly ownership: OwnershipPort;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells the world about a row of the cluster's stream. */
  readonly publish: (rows: readonly StoredRow[]) => void;
}

/** A little after a lease has ended by the database's clock. */
const AFTER_LEASE_MS = 20;

interface ClaimWait {
  readonly symbols: Set<string>;
  readonly resolve: () => void;
}

export class ClusterWatch {
  readonly #options: ClusterWatchOptions;
  readonly #reads: Repeater;
  readonly #listeners = new Set<() => void>();
  readonly #claimWaits = new Set<ClaimWait>();
  readonly #unsubscribe: () => void;
  #view: ClusterView = { version: 0, pods: [], symbols: [], singletons: [] };
  #wantedVersion = 0;
  #leaseEnded = false;
  #cancelLeaseTimer: (() => void) | undefined;
  #stopped = false;

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
    const { bus, subjects, clock, log } = options;
    this.#reads = new Repeater({ name: 'cluster view', work: () => this.#read(), clock, log });
    this.#unsubscribe = bus.subscribe(subjects.event('cluster', 'ownership'), (message) => this.#onEvent(message));
  }

  get view(): ClusterView {
    return this.#view;
  }

  /** Calls back after every new view. */
  onView(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads a view that is at least as new as this call. Rejects when the ledger can't be read. */
  async refresh(): Promise<ClusterView> {
    this.#replace(await this.#options.ownership.view());
    return this.#view;
  }

  /** A change this Pod has made: told to the others, and looked at here. */
  tell(event: ClusterEvent): void {
    if (event === undefined || this.#stopped) return;
    this.#options.publish([event]);
    const body = JSON.parse(event.body ?? '{}') as ClusterEventBody;
    this.#apply({ ...body, seq: event.seq });
  }

  /** What a heartbeat's reply said. */
  observe({ version, pods }: Heartbeat): void {
    // The answer to an older question may come after a newer view: its Pods are not those of that view.
    if (version > this.#view.version) this.#want(version);
    else if (version === this.#view.version) this.#replace({ ...this.#view, pods });
  }

  /** Resolves when their new owners have said that they serve these symbols, or after `timeoutMs`. */
  claimed(symbols: readonly string[], timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#claimWaits.delete(wait);
        resolve();
      };
      const cancel = this.#options.clock.after(timeoutMs, done);
      const wait = { symbols: new Set(symbols), resolve: done };
      this.#claimWaits.add(wait);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    this.#cancelLeaseTimer?.();
    void this.#reads.stop();
    for (const { resolve } of [...this.#claimWaits]) resolve();
    this.#listeners.clear();
  }

  #onEvent(message: BusMessage): void {
    this.#apply(JSON.parse(new TextDecoder().decode(message.data)) as CommittedEvent);
  }

  #apply(event: CommittedEvent): void {
    const next = viewAfter(this.#view, event);
    if (next !== undefined) this.#replace(next);
    else this.#want(event.seq);
    if (event.change === 'claimed') this.#onClaimed((event.claimed ?? []).map(({ symbol }) => symbol));
  }

  #onClaimed(symbols: readonly string[]): void {
    for (const wait of [...this.#claimWaits]) {
      for (const symbol of symbols) wait.symbols.delete(symbol);
      if (wait.symbols.size === 0) wait.resolve();
    }
  }

  #want(version: number): void {
    this.#wantedVersion = Math.max(this.#wantedVersion, version);
    if (this.#wantedVersion > this.#view.version) this.#reads.wake();
  }

  async #read(): Promise<undefined> {
    // What woke us may have come with another read meanwhile.
    if (this.#leaseEnded || this.#wantedVersion > this.#view.version) {
      await this.refresh();
      this.#leaseEnded = false;
    }
    return undefined;
  }

  #replace(view: ClusterView): void {
    // Two reads may be answered in the other order.
    if (this.#stopped || view.version < this.#view.version) return;
    this.#view = view;
    this.#scheduleLease(view.pods);
    for (const listener of [...this.#listeners]) listener();
  }

  /** A lease that ends before the next heartbeat would tell is looked at when it ends. */
  #scheduleLease(pods: readonly PodRow[]): void {
    this.#cancelLeaseTimer?.();
    const ending = pods.filter((pod) => pod.live && pod.leaseLeftMs < LIMITS.heartbeatIntervalMs * 2);
    if (ending.length === 0) return;
    const soonest = Math.min(...ending.map((pod) => pod.leaseLeftMs));
    this.#cancelLeaseTimer = this.#options.clock.after(soonest + AFTER_LEASE_MS, () => {
      this.#leaseEnded = true;
      this.#reads.wake();
    });
  }
}

/** The Pods that should own symbols: alive and serving. */
export function servingPods(view: ClusterView): readonly string[] {
  return view.pods.filter((pod) => pod.live && pod.state === 'serving').map((pod) => pod.pod);
}

/** Whether a row with this owner can be claimed by `me`: free, mine, or left by a life that is over. */
export function isFree(view: ClusterView, incarnation: string | null, me: Owner): boolean {
  if (incarnation === null || incarnation === me.incarnation) return true;
  return !view.pods.some((pod) => pod.incarnation === incarnation && pod.live);
}

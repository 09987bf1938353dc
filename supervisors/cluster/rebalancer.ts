/**
 * Brings who owns what to where placement wants it. Every Pod computes the same placement from the same view and moves
 * only what concerns itself: it claims what is free and should be its own, in bulk, and hands over what should be
 * another's, in waves, each after the last one is served again. Pods that see different views for a moment do no harm:
 * a claim takes nothing that a live Pod holds.
 *
 * What nobody serves is claimed at once. What is served well moves only when the members have been the same for a while:
 * Pods come in groups, and each move costs the clients of a symbol some milliseconds.
 */
import { LIMITS } from '../../protocol/limits.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { ClusterView, OwnershipPort } from '../../protocol/ports/ownership.ts';
import { Repeater } from '../repeater.ts';
import type { SymbolSupervisor } from '../symbols.ts';
import { type ClusterWatch, isFree, servingPods } from './cluster-watch.ts';
import type { Membership } from './membership.ts';
import { place } from './placement.ts';

export interface RebalancerOptions {
  readonly membership: Membership;
  readonly watch: ClusterWatch;
  readonly ownership: OwnershipPort;
  readonly symbols: SymbolSupervisor;
  readonly clock: Clock;
  readonly log: Log;
}

/** Before a symbol that could not be claimed (locked at the moment, or taken by another) is looked at again. */
const CLAIM_RETRY_MS = 100;

interface Targets {
  readonly symbols: ReadonlySet<string>;
  readonly pods: readonly string[];
  readonly placement: ReadonlyMap<string, string>;
}

export class Rebalancer {
  readonly #options: RebalancerOptions;
  readonly #claims: Repeater;
  readonly #handOvers: Repeater;
  readonly #unwatch: () => void;
  #targets: Targets | undefined;
  #members = '';
  #membersSince: number;

  constructor(options: RebalancerOptions) {
    this.#options = options;
    const { clock, log, watch } = options;
    this.#membersSince = clock.monotonic();
    this.#claims = new Repeater({ name: 'claiming symbols', work: () => this.#claim(), clock, log });
    this.#handOvers = new Repeater({ name: 'handing symbols over', work: () => this.#handOver(), clock, log });
    this.#unwatch = watch.onView(() => this.#onView());
  }

  /** Begins to take part; resolves when everything that can be had at once is served. */
  async start(): Promise<void> {
    const { ownership, membership, watch } = this.#options;
    watch.tell(await ownership.setState(membership.owner, 'serving'));
    await watch.refresh();
    this.#claims.wake();
    await this.#claims.settled();
  }

  /** Something here has changed: a symbol was dropped. */
  wake(): void {
    this.#claims.wake();
  }

  async stop(): Promise<void> {
    this.#unwatch();
    await Promise.all([this.#claims.stop(), this.#handOvers.stop()]);
  }

  /** Gives everything away, in waves while there is somebody to take it; what is left at the deadline at once. */
  async drain(): Promise<void> {
    const { ownership, membership, watch, symbols, clock } = this.#options;
    await this.stop();
    const end = clock.monotonic() + LIMITS.drainTimeoutMs;
    watch.tell(await ownership.setState(membership.owner, 'draining'));
    // The event makes the next view unless another one is missing before it.
    if (servingPods(watch.view).includes(membership.owner.pod)) await watch.refresh();
    const waveSize = Math.max(LIMITS.handOverWaveMax, Math.ceil(symbols.hosts.size / LIMITS.drainWavesMax));
    while (symbols.hosts.size > 0) {
      const held = [...symbols.hosts.keys()];
      const takers = servingPods(watch.view).length > 0 && clock.monotonic() < end;
      await this.#handOverWave(takers ? held.slice(0, waveSize) : held);
    }
  }

  #onView(): void {
    const { watch, symbols } = this.#options;
    const { pods, symbols: known } = this.#targetsOf(watch.view);
    symbols.remove([...symbols.hosts.keys()].filter((symbol) => !known.has(symbol)));
    const members = pods.join(' ');
    if (members !== this.#members) {
      this.#members = members;
      this.#membersSince = this.#options.clock.monotonic();
    }
    this.#claims.wake();
    this.#handOvers.wake();
  }

  async #claim(): Promise<number | undefined> {
    const { membership, watch, symbols } = this.#options;
    if (!membership.holds) return undefined;
    const { view } = watch;
    const { placement } = this.#targetsOf(view);
    const { owner } = membership;
    const wave: string[] = [];
    for (const { symbol, incarnation } of view.symbols) {
      if (symbols.hosts.has(symbol) || placement.get(symbol) !== owner.pod || !isFree(view, incarnation, owner))
        continue;
      wave.push(symbol);
      if (wave.length === LIMITS.claimWaveMax) break;
    }
    if (wave.length === 0) return undefined;
    await symbols.claim(wave);
    // A full wave may have left some: looked at again at once.
    if (wave.every((symbol) => symbols.hosts.has(symbol))) return wave.length === LIMITS.claimWaveMax ? 0 : undefined;
    await watch.refresh();
    return CLAIM_RETRY_MS;
  }

  async #handOver(): Promise<number | undefined> {
    const { membership, watch, symbols, clock } = this.#options;
    if (!membership.holds) return undefined;
    const { view } = watch;
    const { placement } = this.#targetsOf(view);
    if (placement.size === 0) return undefined;
    await this.#releaseStray(view, placement);
    const moving = [...symbols.hosts.keys()].filter((symbol) => {
      const target = placement.get(symbol);
      return target !== undefined && target !== membership.owner.pod;
    });
    if (moving.length === 0) return undefined;
    const calmMs = clock.monotonic() - this.#membersSince;
    if (calmMs < LIMITS.rebalanceDelayMs) return LIMITS.rebalanceDelayMs - calmMs;
    await this.#handOverWave(moving.slice(0, LIMITS.handOverWaveMax));
    return 0;
  }

  /** Rows in this Pod's name that it does not serve and should not: their new owner waits for them. */
  async #releaseStray(view: ClusterView, placement: ReadonlyMap<string, string>): Promise<void> {
    const { symbols, membership } = this.#options;
    const { pod, incarnation } = membership.owner;
    const stray = view.symbols.filter(
      (row) => row.incarnation === incarnation && placement.get(row.symbol) !== pod && !symbols.hosts.has(row.symbol),
    );
    if (stray.length > 0) await symbols.releaseStray(stray.map((row) => row.symbol));
  }

  async #handOverWave(wave: readonly string[]): Promise<void> {
    const { watch, symbols } = this.#options;
    const others = servingPods(watch.view).some((pod) => pod !== this.#options.membership.owner.pod);
    const claimed = others ? watch.claimed(wave, LIMITS.handOverWaitMs) : undefined;
    await symbols.handOver(wave);
    await claimed;
  }

  /** Computed anew only when the Pods or the symbols have changed, not with every owner. */
  #targetsOf(view: ClusterView): Targets {
    const pods = servingPods(view);
    if (this.#targets === undefined || !samePods(this.#targets, pods) || !sameSymbols(this.#targets, view)) {
      const symbols = new Set(view.symbols.map((row) => row.symbol));
      this.#targets = { symbols, pods, placement: place([...symbols], pods) };
    }
    return this.#targets;
  }
}

function samePods(targets: Targets, pods: readonly string[]): boolean {
  return targets.pods.length === pods.length && targets.pods.every((pod, index) => pod === pods[index]);
}

function sameSymbols(targets: Targets, view: ClusterView): boolean {
  return (
    targets.symbols.size === view.symbols.length && view.symbols.every(({ symbol }) => targets.symbols.has(symbol))
  );
}

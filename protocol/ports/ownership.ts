/**
 * Who is there and who owns what: the durable side of a cluster. Postgres is the only authority; the bus only carries hints.
 * Every change of the cluster is a row of its stream (`cluster`), written in the same transaction as the change and
 * returned to the caller, who publishes it. The stream's head is the version of what a Pod knows of the cluster.
 */
import type { Position } from '../../domain/position.ts';
import type { DurableState, StoredRow } from './ledger.ts';

/** Who may write: a Pod in one of its lives. A restarted Pod is another owner. */
export interface Owner {
  readonly pod: string;
  readonly incarnation: string;
}

/** A row of `positions` as a claim returns it. `durable` is null for a symbol that never changed. */
export interface ClaimedPosition {
  readonly symbol: string;
  readonly epoch: number;
  readonly version: number;
  readonly position: Position;
  readonly durable: DurableState | null;
}

/** `joining` takes no symbols yet, `serving` does, `draining` gives them away. */
export type PodState = 'joining' | 'serving' | 'draining';

export interface PodRow extends Owner {
  readonly state: PodState;
  readonly heartbeatAgeMs: number;
  /** Its lease runs, by the database's clock. */
  readonly live: boolean;
  /** Time left of the lease, by the database's clock; negative when it is over. */
  readonly leaseLeftMs: number;
}

export interface SymbolOwnership {
  readonly symbol: string;
  /** The Pod in the row, whether its lease runs or not; null when the symbol was released. */
  readonly owner: string | null;
  readonly incarnation: string | null;
  readonly epoch: number;
  readonly mode: string;
}

export interface SingletonOwnership {
  readonly name: string;
  readonly owner: string | null;
  readonly incarnation: string | null;
  readonly epoch: number;
}

/** The cluster at one moment, read in one snapshot. Never changed: a newer one replaces it. */
export interface ClusterView {
  /** Head of the cluster's stream. */
  readonly version: number;
  readonly pods: readonly PodRow[];
  /** By name; removed symbols are not in it. */
  readonly symbols: readonly SymbolOwnership[];
  readonly singletons: readonly SingletonOwnership[];
}

/** A symbol under the epoch in which a Pod believes to own it. */
export interface HeldSymbol {
  readonly symbol: string;
  readonly epoch: number;
}

/** The answer to a heartbeat that renewed the lease. */
export interface Heartbeat {
  /** Head of the cluster's stream. */
  readonly version: number;
  readonly pods: readonly PodRow[];
  /** Those of the held symbols whose row has another owner or epoch by now: their actors are to be dropped. */
  readonly lost: readonly string[];
}

export interface Claimed {
  readonly positions: readonly ClaimedPosition[];
  /** Undefined when nothing was claimed. */
  readonly event: StoredRow | undefined;
}

export interface ClaimedSingleton {
  readonly epoch: number;
  readonly event: ClusterEvent;
}

/** What became of asking for a role under a lease of its own. */
export type RoleLease =
  /** With an event when it was taken anew; without one it was renewed. */
  | { readonly held: true; readonly epoch: number; readonly event: ClusterEvent }
  /** Another has it, and its lease runs for so long. */
  | { readonly held: false; readonly leaseLeftMs: number };

export type RemovedSymbol =
  | { readonly type: 'removed'; readonly event: ClusterEvent }
  | { readonly type: 'unknown' | 'busy' };

/** A row of the cluster's stream to publish; undefined when nothing changed. */
export type ClusterEvent = StoredRow | undefined;

export interface OwnershipPort {
  /** Starts a life of a Pod, `joining`: its row carries the new incarnation, an older life of the same name is over. */
  register(owner: Owner, leaseTtlMs: number): Promise<ClusterEvent>;
  /** Renews the lease; undefined when this incarnation was replaced, expired by others, or ran out. */
  heartbeat(owner: Owner, leaseTtlMs: number, held: readonly HeldSymbol[]): Promise<Heartbeat | undefined>;
  setState(owner: Owner, state: 'serving' | 'draining'): Promise<ClusterEvent>;
  /** Ends this life: what it still owns is free at once. */
  leave(owner: Owner): Promise<ClusterEvent>;
  /**
   * Ends the lease of a Pod that has gone, if its last heartbeat is at least so old and `by` is live itself: what it owned
   * can be claimed. It finds out by its next heartbeat or commit.
   */
  expire(victim: Owner, by: Owner, heartbeatAgeMsMin: number): Promise<ClusterEvent>;
  view(): Promise<ClusterView>;
  /** Makes rows for symbols that have none and, unless `onlyNew`, un-removes removed ones. */
  addSymbols(symbols: readonly string[], options?: { readonly onlyNew: boolean }): Promise<ClusterEvent>;
  /**
   * Takes a symbol out of trading: nobody owns it any more and its epoch is over. 'unknown' when there never was one,
   * 'busy' while it holds a position or an order; without an event when it was removed before.
   */
  removeSymbol(
    symbol: string,
  ): Promise<{ readonly type: 'removed'; readonly event: ClusterEvent } | { readonly type: 'unknown' | 'busy' }>;
  /**
   * Takes every wanted symbol that is free, mine or owned by an expired incarnation: epoch + 1. Claiming is recovering:
   * the state comes back with the lease. Symbols of others, or locked at the moment, are not in the answer.
   */
  claim(owner: Owner, symbols: readonly string[]): Promise<Claimed>;
  release(owner: Owner, symbols: readonly string[]): Promise<ClusterEvent>;
  /** Takes a named singleton that is free, mine or owned by an expired incarnation: epoch + 1. Undefined for another's. */
  claimSingleton(owner: Owner, name: string): Promise<ClaimedSingleton | undefined>;
  /**
   * The same for an owner that is no Pod, under a lease of the role itself: takes it when nobody has it or the lease ran out
   * (epoch + 1), renews it for whoever has it.
   */
  leaseSingleton(owner: Owner, name: string, leaseTtlMs: number): Promise<RoleLease>;
  releaseSingleton(owner: Owner, name: string): Promise<ClusterEvent>;
  /** Halts a symbol whose actor cannot run, in its owner's name; false when the epoch is not the row's. */
  haltSymbol(
    symbol: string,
    epoch: number,
    reason: string | null,
    id: string,
    /** Why a person ended the halt, when `reason` is null. */
    resumeReason?: string,
  ): Promise<boolean>;
}

/** What the events of the cluster's stream say; `change` tells which of the lists are there. */
export interface ClusterEventBody {
  readonly change:
    | 'joined'
    | 'serving'
    | 'draining'
    | 'left'
    | 'expired'
    | 'claimed'
    | 'released'
    | 'added'
    | 'removed'
    | 'singleton-claimed'
    | 'singleton-released';
  readonly pod?: string;
  readonly incarnation?: string;
  readonly claimed?: readonly HeldSymbol[];
  readonly symbols?: readonly string[];
  readonly singleton?: string;
  readonly epoch?: number;
}

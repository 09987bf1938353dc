/** Who owns what, in memory: leases by the injected clock's wall time, epochs and versions as in Postgres. */

import { LIMITS } from '../../protocol/limits.ts';
import type { DurableState, StoredRow } from '../../protocol/ports/ledger.ts';
import type {
  Claimed,
  ClaimedPosition,
  ClaimedSingleton,
  ClusterEvent,
  ClusterEventBody,
  ClusterView,
  Heartbeat,
  HeldSymbol,
  Owner,
  OwnershipPort,
  PodRow,
  RemovedSymbol,
  RoleLease,
} from '../../protocol/ports/ownership.ts';
import { haltBody } from '../halt-body.ts';
import type { MemoryDatabase, PositionRecord, SingletonRecord } from './memory-database.ts';

/** What a symbol that was halted before its first change has beside the halt. */
const UNCHANGED: DurableState = {
  mode: 'starting',
  regime: null,
  highWaterMark: null,
  openedAt: null,
  pausedReason: null,
  haltedReason: null,
  actor: 'null',
};

export class MemoryOwnership implements OwnershipPort {
  readonly #database: MemoryDatabase;

  constructor(database: MemoryDatabase) {
    this.#database = database;
  }

  async register(owner: Owner, leaseTtlMs: number): Promise<ClusterEvent> {
    const { pods } = this.#database;
    const now = this.#database.clock.now();
    for (const [name, pod] of pods) if (pod.expiresAt < now - LIMITS.podRowKeptMs) pods.delete(name);
    pods.set(owner.pod, {
      incarnation: owner.incarnation,
      // A first attempt that lands after its repetition must not set back a Pod that serves by now.
      state: this.#pod(owner)?.state ?? 'joining',
      heartbeatAt: now,
      expiresAt: now + leaseTtlMs,
    });
    return this.#record({ change: 'joined', ...owner });
  }

  async heartbeat(owner: Owner, leaseTtlMs: number, held: readonly HeldSymbol[]): Promise<Heartbeat | undefined> {
    const pod = this.#pod(owner);
    const now = this.#database.clock.now();
    // An expired lease is not renewed: others may have claimed meanwhile.
    if (pod === undefined || pod.expiresAt <= now) return undefined;
    pod.heartbeatAt = now;
    pod.expiresAt = now + leaseTtlMs;
    const { positions, journal } = this.#database;
    const lost = held
      .filter(({ symbol, epoch }) => {
        const row = positions.get(symbol);
        return row?.owner?.incarnation !== owner.incarnation || row.epoch !== epoch;
      })
      .map(({ symbol }) => symbol);
    return { version: journal.head('cluster'), pods: this.#pods(), lost };
  }

  async setState(owner: Owner, state: 'serving' | 'draining'): Promise<ClusterEvent> {
    const pod = this.#pod(owner);
    if (pod === undefined || pod.state === state) return undefined;
    pod.state = state;
    return this.#record({ change: state, ...owner });
  }

  async leave(owner: Owner): Promise<ClusterEvent> {
    if (this.#pod(owner) === undefined) return undefined;
    this.#database.pods.delete(owner.pod);
    return this.#record({ change: 'left', ...owner });
  }

  async expire(victim: Owner, by: Owner, heartbeatAgeMsMin: number): Promise<ClusterEvent> {
    const pod = this.#pod(victim);
    const now = this.#database.clock.now();
    if (pod === undefined || pod.expiresAt <= now || pod.heartbeatAt > now - heartbeatAgeMsMin) return undefined;
    if (!this.#database.isLive(by)) return undefined;
    pod.expiresAt = now - 1;
    return this.#record({ change: 'expired', pod: victim.pod, incarnation: victim.incarnation });
  }

  async view(): Promise<ClusterView> {
    const { positions, singletons, journal } = this.#database;
    return {
      version: journal.head('cluster'),
      pods: this.#pods(),
      symbols: [...positions.values()]
        .filter(({ removed }) => !removed)
        .map(({ symbol, owner, epoch, mode }) => ({ symbol, ...ownerColumns(owner), epoch, mode }))
        .sort((a, b) => (a.symbol < b.symbol ? -1 : 1)),
      singletons: [...singletons]
        .map(([name, { owner, epoch }]) => ({ name, ...ownerColumns(owner), epoch }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }

  async addSymbols(symbols: readonly string[], { onlyNew } = { onlyNew: false }): Promise<ClusterEvent> {
    const added: string[] = [];
    for (const symbol of new Set(symbols)) {
      const row = this.#database.positions.get(symbol);
      if (row !== undefined && (onlyNew || !row.removed)) continue;
      if (row === undefined) this.#database.addPosition(symbol);
      else row.removed = false;
      added.push(symbol);
    }
    return added.length === 0 ? undefined : this.#record({ change: 'added', symbols: added });
  }

  async removeSymbol(symbol: string): Promise<RemovedSymbol> {
    const row = this.#database.positions.get(symbol);
    if (row === undefined) return { type: 'unknown' };
    // Asked again: done already.
    if (row.removed) return { type: 'removed', event: undefined };
    if (row.position.quantity > 0n || this.#database.unfinishedOrders(new Set([symbol])).length > 0) {
      return { type: 'busy' };
    }
    row.removed = true;
    row.owner = null;
    row.epoch += 1;
    // No further life of it would: an entry was asked for and not made.
    for (const reservation of this.#database.reservations.values()) {
      if (reservation.symbol !== symbol || reservation.status !== 'held') continue;
      this.#database.account.reserved -= reservation.remaining;
      Object.assign(reservation, { remaining: 0n, status: 'released' });
    }
    return { type: 'removed', event: this.#record({ change: 'removed', symbols: [symbol] }) };
  }

  async claim(owner: Owner, symbols: readonly string[]): Promise<Claimed> {
    if (!this.#database.isLive(owner)) return { positions: [], event: undefined };
    const positions: ClaimedPosition[] = [];
    for (const symbol of new Set(symbols)) {
      const row = this.#database.positions.get(symbol);
      if (row === undefined || row.removed || !this.#isFree(row, owner)) continue;
      row.owner = owner;
      row.epoch += 1;
      positions.push(claimedPosition(row));
    }
    if (positions.length === 0) return { positions, event: undefined };
    const claimed = positions.map(({ symbol, epoch }) => ({ symbol, epoch }));
    return { positions, event: this.#record({ change: 'claimed', ...owner, claimed }) };
  }

  async release(owner: Owner, symbols: readonly string[]): Promise<ClusterEvent> {
    const released: string[] = [];
    for (const symbol of new Set(symbols)) {
      const row = this.#database.positions.get(symbol);
      if (row?.owner?.incarnation !== owner.incarnation) continue;
      row.owner = null;
      released.push(symbol);
    }
    return released.length === 0 ? undefined : this.#record({ change: 'released', ...owner, symbols: released });
  }

  async claimSingleton(owner: Owner, name: string): Promise<ClaimedSingleton | undefined> {
    const { singletons } = this.#database;
    const row = singletons.get(name) ?? { owner: null, epoch: 0, expiresAt: 0 };
    singletons.set(name, row);
    if (!this.#database.isLive(owner) || !this.#isFree(row, owner)) return undefined;
    row.owner = owner;
    row.epoch += 1;
    const { epoch } = row;
    return { epoch, event: this.#record({ change: 'singleton-claimed', ...owner, singleton: name, epoch }) };
  }

  async leaseSingleton(owner: Owner, name: string, leaseTtlMs: number): Promise<RoleLease> {
    const { singletons, clock } = this.#database;
    const now = clock.now();
    const row = singletons.get(name) ?? { owner: null, epoch: 0, expiresAt: 0 };
    singletons.set(name, row);
    const runs = row.owner !== null && row.expiresAt > now;
    if (runs && row.owner?.incarnation !== owner.incarnation) {
      // Longer than a lease only when the clock went back: who lives renews it, who is dead must not keep it.
      row.expiresAt = Math.min(row.expiresAt, now + leaseTtlMs);
      return { held: false, leaseLeftMs: row.expiresAt - now };
    }
    row.owner = owner;
    row.expiresAt = now + leaseTtlMs;
    if (runs) return { held: true, epoch: row.epoch, event: undefined };
    row.epoch += 1;
    const { epoch } = row;
    const event = this.#record({ change: 'singleton-claimed', ...owner, singleton: name, epoch });
    return { held: true, epoch, event };
  }

  async releaseSingleton(owner: Owner, name: string): Promise<ClusterEvent> {
    const row = this.#database.singletons.get(name);
    if (row?.owner?.incarnation !== owner.incarnation) return undefined;
    row.owner = null;
    return this.#record({ change: 'singleton-released', ...owner, singleton: name });
  }

  async haltSymbol(
    symbol: string,
    epoch: number,
    reason: string | null,
    id: string,
    resumeReason?: string,
  ): Promise<boolean> {
    const { positions, journal, clock } = this.#database;
    const row = positions.get(symbol);
    if (row === undefined || row.epoch !== epoch) return false;
    // Sent again after a lost answer: done already.
    if (journal.find(symbol, id) !== undefined) return true;
    row.version += 1;
    row.haltedReason = reason;
    row.mode = reason === null ? 'starting' : 'halted';
    journal.append({
      symbol,
      seq: row.version,
      id,
      kind: 'mode',
      at: clock.now(),
      fill: null,
      orderId: null,
      positionAfter: row.position,
      request: null,
      body: haltBody(reason, resumeReason),
    });
    return true;
  }

  #pod(owner: Owner) {
    const pod = this.#database.pods.get(owner.pod);
    return pod?.incarnation === owner.incarnation ? pod : undefined;
  }

  #isFree(row: PositionRecord | SingletonRecord, claimer: Owner): boolean {
    return row.owner?.incarnation === claimer.incarnation || !this.#database.isLive(row.owner);
  }

  #pods(): readonly PodRow[] {
    const now = this.#database.clock.now();
    return [...this.#database.pods]
      .map(([pod, { incarnation, state, heartbeatAt, expiresAt }]) => ({
        pod,
        incarnation,
        state,
        heartbeatAgeMs: now - heartbeatAt,
        live: expiresAt > now,
        leaseLeftMs: expiresAt - now,
      }))
      .sort((a, b) => (a.pod < b.pod ? -1 : 1));
  }

  #record(body: ClusterEventBody): StoredRow {
    return this.#database.recordClusterEvent(JSON.stringify(body));
  }
}

function ownerColumns(owner: Owner | null): { readonly owner: string | null; readonly incarnation: string | null } {
  return { owner: owner?.pod ?? null, incarnation: owner?.incarnation ?? null };
}

function claimedPosition(row: PositionRecord): ClaimedPosition {
  const { symbol, epoch, version, position, durable, mode, haltedReason } = row;
  return {
    symbol,
    epoch,
    version,
    position,
    durable: durable === null && haltedReason === null ? null : { ...(durable ?? UNCHANGED), mode, haltedReason },
  };
}

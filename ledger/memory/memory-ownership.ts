/** Who owns what, in memory: leases by the injected clock's wall time, epochs and versions as in Postgres. */
import type { DurableState } from '../../protocol/ports/ledger.ts';
import type { ClaimedPosition, Owner, OwnershipPort, PodRow, SymbolOwnership } from '../../protocol/ports/ownership.ts';
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

  async register(owner: Owner, leaseTtlMs: number): Promise<void> {
    const now = this.#database.clock.now();
    this.#database.pods.set(owner.pod, {
      incarnation: owner.incarnation,
      draining: false,
      heartbeatAt: now,
      expiresAt: now + leaseTtlMs,
    });
  }

  async heartbeat(owner: Owner, leaseTtlMs: number): Promise<boolean> {
    const pod = this.#pod(owner);
    const now = this.#database.clock.now();
    // An expired lease is not renewed: others may have claimed meanwhile.
    if (pod === undefined || pod.expiresAt <= now) return false;
    pod.heartbeatAt = now;
    pod.expiresAt = pod.heartbeatAt + leaseTtlMs;
    return true;
  }

  async setDraining(owner: Owner): Promise<void> {
    const pod = this.#pod(owner);
    if (pod !== undefined) pod.draining = true;
  }

  async leave(owner: Owner): Promise<void> {
    if (this.#pod(owner) !== undefined) this.#database.pods.delete(owner.pod);
  }

  async addSymbols(symbols: readonly string[]): Promise<void> {
    for (const symbol of symbols) {
      const row = this.#database.positions.get(symbol);
      if (row === undefined) this.#database.addPosition(symbol);
      else row.removed = false;
    }
  }

  async removeSymbol(symbol: string): Promise<boolean> {
    const row = this.#database.positions.get(symbol);
    if (row === undefined || row.position.quantity > 0n) return false;
    if (this.#database.unfinishedOrders(new Set([symbol])).length > 0) return false;
    row.removed = true;
    row.owner = null;
    row.epoch += 1;
    return true;
  }

  async claim(owner: Owner, symbols: readonly string[]): Promise<readonly ClaimedPosition[]> {
    if (!this.#database.isLive(owner)) return [];
    const claimed: ClaimedPosition[] = [];
    for (const symbol of new Set(symbols)) {
      const row = this.#database.positions.get(symbol);
      if (row === undefined || row.removed || !this.#isFree(row, owner)) continue;
      row.owner = owner;
      row.epoch += 1;
      claimed.push(claimedPosition(row));
    }
    if (claimed.length > 0) this.#recordClaim(owner, claimed);
    return claimed;
  }

  async release(owner: Owner, symbols: readonly string[]): Promise<void> {
    for (const symbol of symbols) {
      const row = this.#database.positions.get(symbol);
      if (row?.owner?.incarnation === owner.incarnation) row.owner = null;
    }
  }

  async claimSingleton(owner: Owner, name: string): Promise<{ readonly epoch: number } | undefined> {
    const { singletons } = this.#database;
    const row = singletons.get(name) ?? { owner: null, epoch: 0 };
    singletons.set(name, row);
    if (!this.#database.isLive(owner) || !this.#isFree(row, owner)) return undefined;
    row.owner = owner;
    row.epoch += 1;
    return { epoch: row.epoch };
  }

  async pods(): Promise<readonly PodRow[]> {
    const { pods, positions, clock } = this.#database;
    const now = clock.now();
    return [...pods]
      .map(([pod, { incarnation, draining, heartbeatAt, expiresAt }]) => ({
        pod,
        incarnation,
        draining,
        heartbeatAgeMs: now - heartbeatAt,
        live: expiresAt > now,
        symbols: [...positions.values()].filter(({ owner }) => owner?.incarnation === incarnation).length,
      }))
      .sort((a, b) => (a.pod < b.pod ? -1 : 1));
  }

  async symbols(): Promise<readonly SymbolOwnership[]> {
    return [...this.#database.positions.values()]
      .filter(({ removed }) => !removed)
      .map(({ symbol, owner, epoch, mode }) => ({ symbol, owner: owner?.pod ?? null, epoch, mode }))
      .sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
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

  #recordClaim({ pod, incarnation }: Owner, positions: readonly ClaimedPosition[]): void {
    const claimed = positions.map(({ symbol, epoch }) => ({ symbol, epoch }));
    this.#database.recordClusterEvent({
      // A claim gives its symbols epochs that no other claim gives.
      id: `claim ${claimed[0]?.symbol} ${claimed[0]?.epoch}`,
      kind: 'ownership',
      at: this.#database.clock.now(),
      body: JSON.stringify({ pod, incarnation, claimed }),
    });
  }
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

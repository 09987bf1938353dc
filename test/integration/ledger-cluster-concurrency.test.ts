/**
 * Many Pods at one real Postgres at the same moment: claims against commits, and everybody joining and leaving at once.
 * No deadlock, no symbol twice, no gap in the cluster's stream, and every view is one moment of it (I1).
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PostgresCommit } from '../../ledger/postgres/commit.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import type { ClusterEventBody, ClusterView, Owner } from '../../protocol/ports/ownership.ts';
import { LEASE_MS, owner, SymbolDraft } from '../support/ledger-groups.ts';
import { type Ledger, type PostgresLedgerServer, startPostgresLedger } from '../support/ledger-implementations.ts';
import { mulberry32 } from '../support/seeded.ts';

const PODS = Array.from({ length: 10 }, (_, index) => owner(`pod-${index}`));
const SYMBOLS = Array.from({ length: 200 }, (_, index) => `S-${String(index).padStart(3, '0')}`);

let server: PostgresLedgerServer;
let ledger: Ledger;

beforeAll(async () => {
  server = await startPostgresLedger();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  ledger = await server.fresh();
  await ledger.ownership.addSymbols(SYMBOLS);
});

const told = ({ body }: StoredRow) => JSON.parse(body ?? '{}') as ClusterEventBody;
const stream = () => ledger.reader.journal('cluster', 0, 1_000_000);

function shuffled<T>(items: readonly T[], next: () => number): T[] {
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** A Pod that writes to what it has, with a connection of its own, until it is told to stop. */
class Writing {
  readonly drafts = new Map<string, SymbolDraft>();
  readonly #writer: PostgresCommit;
  #running = true;
  readonly done: Promise<number>;

  private constructor(writer: PostgresCommit, next: () => number) {
    this.#writer = writer;
    this.done = this.#write(next);
  }

  static async start(next: () => number): Promise<Writing> {
    return new Writing(await PostgresCommit.connect(server.url, () => undefined), next);
  }

  /** Commits that were accepted. */
  async stop(): Promise<number> {
    this.#running = false;
    const committed = await this.done;
    await this.#writer.close();
    return committed;
  }

  async #write(next: () => number): Promise<number> {
    let committed = 0;
    while (this.#running) {
      // In any order: the commit sorts its locks itself.
      const batch = shuffled([...this.drafts.values()], next).slice(0, 50);
      const outcomes = await this.#writer.commit(batch.map((draft) => draft.note().group()));
      outcomes.forEach(({ type }, index) => {
        const draft = batch[index];
        if (draft === undefined) return;
        if (type === 'committed') committed += 1;
        else if (this.drafts.get(draft.symbol) === draft) this.drafts.delete(draft.symbol);
      });
      if (batch.length === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return committed;
  }
}

/** Whose every symbol is by the stream: epochs of a symbol count up by one, whoever claims it. */
function expectClaimedInTurn(rows: readonly StoredRow[]): void {
  const epochs = new Map<string, number>();
  for (const { claimed = [] } of rows.map(told)) {
    for (const { symbol, epoch } of claimed) {
      expect({ symbol, epoch }).toEqual({ symbol, epoch: (epochs.get(symbol) ?? 0) + 1 });
      epochs.set(symbol, epoch);
    }
  }
}

describe('many Pods that claim the same symbols while commits run', () => {
  it('get each symbol once, without a deadlock', async () => {
    const next = mulberry32(1);
    for (const pod of PODS) await ledger.ownership.register(pod, LEASE_MS);
    const writers = await Promise.all(PODS.slice(0, 3).map(() => Writing.start(next)));
    const claimedBy = new Map<string, string[]>();
    const claim = async (pod: Owner, index: number): Promise<void> => {
      // A row that was locked at the moment is not in the answer: it is asked for again.
      for (let missing = true; missing; ) {
        const { positions } = await ledger.ownership.claim(pod, shuffled(SYMBOLS, next).slice(0, 60));
        for (const row of positions) {
          claimedBy.set(row.symbol, [...(claimedBy.get(row.symbol) ?? []), pod.pod]);
          writers[index % writers.length]?.drafts.set(row.symbol, new SymbolDraft(row));
        }
        missing = (await ledger.ownership.view()).symbols.some(({ incarnation }) => incarnation === null);
      }
    };
    await Promise.all(PODS.map(claim));
    const committed = await Promise.all(writers.map((writer) => writer.stop()));
    expect(committed.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0);
    // What a Pod has already, it may claim again; nobody else may.
    for (const symbol of SYMBOLS) expect(new Set(claimedBy.get(symbol)).size).toBe(1);
    const { symbols } = await ledger.ownership.view();
    for (const { symbol, owner: pod } of symbols) expect(claimedBy.get(symbol)).toContain(pod);
    expectClaimedInTurn(await stream());
  });

  it('hand them round for a while: every accepted change was made under the epoch of its time', async () => {
    const next = mulberry32(2);
    const lives = new Map(PODS.map((pod) => [pod.pod, 1]));
    const writing = await Promise.all(PODS.slice(0, 4).map(() => Writing.start(next)));
    const live = async (index: number): Promise<void> => {
      const writer = writing[index];
      for (let round = 0; round < 15; round += 1) {
        const name = `pod-${index}`;
        const me = owner(name, lives.get(name));
        await ledger.ownership.register(me, LEASE_MS);
        await ledger.ownership.setState(me, 'serving');
        const { positions } = await ledger.ownership.claim(me, shuffled(SYMBOLS, next));
        for (const row of positions) writer?.drafts.set(row.symbol, new SymbolDraft(row));
        const held = positions.map(({ symbol, epoch }) => ({ symbol, epoch }));
        expect((await ledger.ownership.heartbeat(me, LEASE_MS, held))?.lost).toEqual([]);
        const given = held.slice(0, held.length / 2).map(({ symbol }) => symbol);
        await ledger.ownership.release(me, given);
        // The other half goes with this life.
        if (round % 2 === 0) await ledger.ownership.leave(me);
        lives.set(name, (lives.get(name) ?? 0) + 1);
      }
    };
    await Promise.all(writing.map((_, index) => live(index)));
    await Promise.all(writing.map((writer) => writer.stop()));
    const rows = await stream();
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    expectClaimedInTurn(rows);
    for (const symbol of SYMBOLS.slice(0, 20)) {
      const journal = await ledger.reader.journal(symbol, 0, 100_000);
      expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, index) => index + 1));
    }
  });
});

describe('ten Pods at once', () => {
  it('register, beat, expire each other and leave without an error; the stream has no gap', async () => {
    const next = mulberry32(3);
    const live = async (name: string): Promise<void> => {
      for (let round = 1; round <= 12; round += 1) {
        const me = owner(name, round);
        await ledger.ownership.register(me, LEASE_MS);
        for (let beat = 0; beat < 5; beat += 1) {
          const heartbeat = await ledger.ownership.heartbeat(me, LEASE_MS, []);
          const others = heartbeat?.pods.filter(({ pod, live: alive }) => alive && pod !== name) ?? [];
          const victim = others[Math.floor(next() * others.length)];
          if (victim !== undefined && next() < 0.3) await ledger.ownership.expire(victim, me, 0);
          if (next() < 0.3) await ledger.ownership.setState(me, next() < 0.5 ? 'serving' : 'draining');
          await ledger.ownership.claimSingleton(me, next() < 0.5 ? 'account' : `role ${round}`);
        }
        if (next() < 0.5) await ledger.ownership.leave(me);
      }
    };
    await Promise.all(PODS.map(({ pod }) => live(pod)));
    const rows = await stream();
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    expect(rows.filter((row) => told(row).change === 'joined')).toHaveLength(PODS.length * 12);
    // Nobody was expired twice in one life.
    const expired = rows.map(told).filter(({ change }) => change === 'expired');
    expect(expired.length).toBeGreaterThan(0);
    expect(new Set(expired.map(({ incarnation }) => incarnation)).size).toBe(expired.length);
    // A role is claimed by one after the other, each under the next epoch.
    const epochs = new Map<string, number>();
    for (const { change, singleton = '', epoch } of rows.map(told)) {
      if (change !== 'singleton-claimed') continue;
      expect({ singleton, epoch }).toEqual({ singleton, epoch: (epochs.get(singleton) ?? 0) + 1 });
      epochs.set(singleton, epoch ?? 0);
    }
  });

  it('are seen as they were at one moment of the stream, by every view', async () => {
    const views: ClusterView[] = [];
    let running = true;
    const look = async (): Promise<void> => {
      while (running) views.push(await ledger.ownership.view());
    };
    const live = async (name: string): Promise<void> => {
      for (let round = 1; round <= 20; round += 1) {
        const me = owner(name, round);
        await ledger.ownership.register(me, LEASE_MS);
        await ledger.ownership.claim(me, [`S-00${round % 10}`]);
        await ledger.ownership.setState(me, 'serving');
        await ledger.ownership.leave(me);
      }
    };
    const looking = [look(), look()];
    await Promise.all(PODS.map(({ pod }) => live(pod)));
    running = false;
    await Promise.all(looking);
    const rows = await stream();
    for (const { version, pods, symbols } of views) {
      const then = rows.slice(0, version).map(told);
      expect({ version, pods: pods.map(({ pod, incarnation, state }) => `${pod} ${incarnation} ${state}`) }).toEqual({
        version,
        pods: podsAfter(then),
      });
      const epochs = new Map(then.flatMap(({ claimed = [] }) => claimed.map(({ symbol, epoch }) => [symbol, epoch])));
      for (const { symbol, epoch } of symbols.slice(0, 10)) expect(epoch).toBe(epochs.get(symbol) ?? 0);
    }
    expect(views.length).toBeGreaterThan(10);
  });
});

function podsAfter(changes: readonly ClusterEventBody[]): readonly string[] {
  const pods = new Map<string, string>();
  for (const { change, pod = '', incarnation } of changes) {
    if (change === 'left') pods.delete(pod);
    if (change === 'joined') pods.set(pod, `${pod} ${incarnation} joining`);
    if (change === 'serving' || change === 'draining') pods.set(pod, `${pod} ${incarnation} ${change}`);
  }
  return [...pods.values()].sort();
}

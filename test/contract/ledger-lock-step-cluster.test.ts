/**
 * Who is there and who owns what, on Postgres and its memory twin in lock-step: random walks of three Pods and their
 * later lives over every operation. After each: the same answer, the same view, and a stream that tells what the view
 * shows (I1).
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import type { ClusterEventBody, ClusterView, HeldSymbol, Owner } from '../../protocol/ports/ownership.ts';
import { sameOnAll } from '../support/in-lock-step.ts';
import { id, LEASE_MS, owner, SymbolDraft } from '../support/ledger-groups.ts';
import { type Ledger, type LedgerServer, memoryLedger, POSTGRES } from '../support/ledger-implementations.ts';

const SYMBOLS = ['ONE', 'TWO', 'THREE', 'FOUR'] as const;
const SINGLETONS = ['account', 'reporter'] as const;

const owners = fc
  .record({ pod: fc.constantFrom('pod-a', 'pod-b', 'pod-c'), life: fc.constantFrom(1, 1, 1, 2) })
  .map(({ pod, life }) => owner(pod, life));
const symbols = fc.constantFrom(...SYMBOLS);
const several = fc.subarray([...SYMBOLS], { minLength: 1 });
const singletons = fc.constantFrom(...SINGLETONS);

const step = <T extends string, U extends object>(type: T, parts: { [K in keyof U]: fc.Arbitrary<U[K]> }) =>
  fc.record({ type: fc.constant(type), by: owners, ...parts }) as fc.Arbitrary<{ type: T; by: Owner } & U>;

const steps = fc.oneof(
  step('register', {}),
  step('heartbeat', {}),
  step('serving', {}),
  step('draining', {}),
  step('leave', {}),
  step('lapse', {}),
  // The memory clock stands still: either any age will do or none.
  step('expire', { victim: owners, ageMs: fc.constantFrom(0, LEASE_MS) }),
  step('add', { symbols: several }),
  step('remove', { symbol: symbols }),
  step('claim', { symbols: several }),
  step('claim', { symbols: several }),
  step('release', { symbols: several }),
  step('commit', { symbol: symbols }),
  step('halt', { symbol: symbols, reason: fc.constantFrom('crashes', null) }),
  step('claim-singleton', { name: singletons }),
  step('release-singleton', { name: singletons }),
);

type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

class Walk {
  readonly #ledgers: readonly Ledger[];
  /** What each life believes to own: it finds out by nothing but answers. */
  readonly #held = new Map<string, Map<string, SymbolDraft>>();
  #steps = 0;

  constructor(ledgers: readonly Ledger[]) {
    this.#ledgers = ledgers;
  }

  async run(step: Step): Promise<void> {
    this.#steps += 1;
    await this.#act(step);
    await this.#all((ledger) => ledger.ownership.view());
  }

  /** Everything that was told, and what it adds up to. */
  async compare(): Promise<void> {
    const rows = await this.#all((ledger) => ledger.reader.journal('cluster', 0, 10_000));
    for (const ledger of this.#ledgers) expectTold(rows, await ledger.ownership.view());
    for (const symbol of SYMBOLS) {
      const journal = await Promise.all(this.#ledgers.map((ledger) => ledger.reader.journal(symbol, 0, 10_000)));
      for (const other of journal)
        expect(other.map(({ id, seq, kind }) => [id, seq, kind])).toEqual(
          journal[0]?.map(({ id, seq, kind }) => [id, seq, kind]),
        );
    }
  }

  async #act(step: Step): Promise<unknown> {
    const { by } = step;
    const held = this.#heldBy(by);
    switch (step.type) {
      case 'register':
        return this.#all(({ ownership }) => ownership.register(by, LEASE_MS));
      case 'heartbeat': {
        const believed: HeldSymbol[] = [...held.values()].map(({ symbol, epoch }) => ({ symbol, epoch }));
        const beat = await this.#all(({ ownership }) => ownership.heartbeat(by, LEASE_MS, believed));
        for (const symbol of beat?.lost ?? []) held.delete(symbol);
        return;
      }
      case 'serving':
      case 'draining':
        return this.#all(({ ownership }) => ownership.setState(by, step.type));
      case 'leave':
        return this.#all(({ ownership }) => ownership.leave(by));
      case 'lapse':
        return this.#all((ledger) => ledger.lapse(by));
      case 'expire':
        return this.#all(({ ownership }) => ownership.expire(step.victim, by, step.ageMs));
      case 'add':
        return this.#all(({ ownership }) => ownership.addSymbols(step.symbols));
      case 'remove':
        return this.#all(({ ownership }) => ownership.removeSymbol(step.symbol));
      case 'claim': {
        const { positions } = await this.#all(({ ownership }) => ownership.claim(by, step.symbols));
        for (const row of positions) held.set(row.symbol, new SymbolDraft(row));
        return;
      }
      case 'release':
        return this.#all(({ ownership }) => ownership.release(by, step.symbols));
      case 'commit': {
        const draft = held.get(step.symbol) ?? new SymbolDraft({ symbol: step.symbol, epoch: 0 });
        const group = draft
          .fork()
          .note(id(`note ${this.#steps}`))
          .group();
        const [outcome] = await this.#all(({ commit }) => commit.commit([group]));
        if (outcome?.type === 'committed') draft.version += 1;
        return;
      }
      case 'halt': {
        const epoch = held.get(step.symbol)?.epoch ?? 0;
        const rowId = id(`halt ${this.#steps}`);
        return this.#all(({ ownership }) => ownership.haltSymbol(step.symbol, epoch, step.reason, rowId));
      }
      case 'claim-singleton':
        return this.#all(({ ownership }) => ownership.claimSingleton(by, step.name));
      case 'release-singleton':
        return this.#all(({ ownership }) => ownership.releaseSingleton(by, step.name));
    }
  }

  #heldBy({ incarnation }: Owner): Map<string, SymbolDraft> {
    const held = this.#held.get(incarnation) ?? new Map<string, SymbolDraft>();
    this.#held.set(incarnation, held);
    return held;
  }

  #all<T>(ask: (ledger: Ledger) => Promise<T>): Promise<T> {
    return sameOnAll(this.#ledgers, ask);
  }
}

/** The stream, read from its start, ends where the view is; only leases that ran out by themselves are not in it. */
function expectTold(rows: readonly StoredRow[], view: ClusterView): void {
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
  expect(view.version).toBe(rows.length);
  const pods = new Map<string, string>();
  const owned = new Map<string, { incarnation: string | null; epoch: number }>();
  const roles = new Map<string, { incarnation: string | null; epoch: number }>();
  for (const { body } of rows) {
    const told = JSON.parse(body ?? '{}') as ClusterEventBody;
    const incarnation = told.incarnation ?? null;
    switch (told.change) {
      case 'joined':
        // The same life again is an attempt that landed late: what it has become since stays.
        if (pods.get(told.pod ?? '')?.startsWith(`${incarnation} `) !== true)
          pods.set(told.pod ?? '', `${incarnation} joining`);
        break;
      case 'serving':
      case 'draining':
        pods.set(told.pod ?? '', `${incarnation} ${told.change}`);
        break;
      case 'left':
        pods.delete(told.pod ?? '');
        break;
      case 'expired':
        break;
      case 'claimed':
        for (const { symbol, epoch } of told.claimed ?? []) owned.set(symbol, { incarnation, epoch });
        break;
      case 'released':
        for (const symbol of told.symbols ?? [])
          owned.set(symbol, { incarnation: null, epoch: owned.get(symbol)?.epoch ?? 0 });
        break;
      case 'added':
        for (const symbol of told.symbols ?? [])
          if (!owned.has(symbol)) owned.set(symbol, { incarnation: null, epoch: 0 });
        break;
      case 'removed':
        for (const symbol of told.symbols ?? [])
          owned.set(symbol, { incarnation: null, epoch: (owned.get(symbol)?.epoch ?? 0) + 1 });
        break;
      case 'singleton-claimed':
        roles.set(told.singleton ?? '', { incarnation, epoch: told.epoch ?? 0 });
        break;
      case 'singleton-released':
        roles.set(told.singleton ?? '', { incarnation: null, epoch: roles.get(told.singleton ?? '')?.epoch ?? 0 });
        break;
    }
  }
  expect(view.pods.map(({ pod, incarnation, state }) => [pod, `${incarnation} ${state}`])).toEqual(
    [...pods].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  for (const { symbol, incarnation, epoch } of view.symbols)
    expect({ symbol, incarnation, epoch }).toEqual({ symbol, ...owned.get(symbol) });
  for (const { name, incarnation, epoch } of view.singletons)
    expect({ name, incarnation, epoch }).toEqual({ name, ...(roles.get(name) ?? { incarnation: null, epoch: 0 }) });
}

describe('ownership of postgres and memory in lock-step', () => {
  let server: LedgerServer;

  beforeAll(async () => {
    server = await POSTGRES.start();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('answers every step of every Pod alike, and the stream tells what the view shows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 20, maxLength: 60 }), async (sequence) => {
        const ledgers = [await server.fresh(), memoryLedger()];
        const walk = new Walk(ledgers);
        // Most walks should find somebody there.
        for (const pod of ['pod-a', 'pod-b'])
          await Promise.all(ledgers.map(({ ownership }) => ownership.register(owner(pod), LEASE_MS)));
        await Promise.all(ledgers.map(({ ownership }) => ownership.addSymbols(SYMBOLS)));
        for (const step of sequence) await walk.run(step);
        await walk.compare();
      }),
      { numRuns: 40 },
    );
  });
});

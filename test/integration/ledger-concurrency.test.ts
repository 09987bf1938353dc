/** Several writers on one real Postgres: no deadlocks, and no row from a writer whose authority was gone (I1). */
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseDecimal } from '../../domain/money.ts';
import { applyFill, FLAT, type Position } from '../../domain/position.ts';
import { PostgresCommit } from '../../ledger/postgres/commit.ts';
import type { EntryVerdict } from '../../protocol/ports/ledger.ts';
import type { Owner } from '../../protocol/ports/ownership.ts';
import { AT, claimed, fund, LEASE_MS, owner, SymbolDraft } from '../support/ledger-groups.ts';
import { type Ledger, type PostgresLedgerServer, startPostgresLedger } from '../support/ledger-implementations.ts';

const SYMBOLS = ['S-1', 'S-2', 'S-3', 'S-4', 'S-5', 'S-6'];
const A = owner('pod-a');
const B = owner('pod-b');

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
});

async function withWriters(work: (first: PostgresCommit, second: PostgresCommit) => Promise<void>): Promise<void> {
  const first = await PostgresCommit.connect(server.url, () => undefined);
  const second = await PostgresCommit.connect(server.url, () => undefined);
  try {
    await work(first, second);
  } finally {
    await first.close();
    await second.close();
  }
}

describe('writers of the same rows', () => {
  it('do not deadlock though they name symbols and reservations in opposite order', async () => {
    const epoch = await fund(ledger, '1000000');
    // So many that the planner looks each symbol up: a scan of a small table would order the locks by itself.
    await ledger.ownership.addSymbols(Array.from({ length: 20_000 }, (_, index) => `OTHER-${index}`));
    await server.admin.query('analyze positions');
    const drafts = await claimed(ledger, SYMBOLS);
    const grant: EntryVerdict = { granted: true, amount: parseDecimal('10'), reserve: parseDecimal('10') };
    const reserve = (id: string) =>
      ledger.account.reserve(epoch, { id, symbol: 'S-1', at: AT }, '2024-03-01', () => grant);
    const rounds = 200;
    await withWriters(async (first, second) => {
      for (let round = 0; round < rounds; round += 1) {
        const [one, two] = [`r${round}`, `q${round}`];
        await Promise.all([reserve(one), reserve(two)]);
        const batch = (reservations: readonly string[]) =>
          drafts.map((draft, index) => {
            const id = reservations[index];
            const fork = draft.fork().buy({ quantity: '1', price: '1' });
            return fork.group({ reservations: id === undefined ? [] : [{ id, action: 'use' }] });
          });
        const [forwards, backwards] = await Promise.all([
          first.commit(batch([one, two])),
          second.commit(batch([two, one]).toReversed()),
          reserve(one),
          ledger.account.release(two),
        ]);
        const won = forwards.map(({ type }, index) => [type, backwards[backwards.length - 1 - index]?.type]);
        // Of two writers with the same belief one is accepted; a reservation released in between refuses both.
        for (const pair of won) expect(pair.filter((type) => type === 'committed').length).toBeLessThanOrEqual(1);
        for (const pair of won.slice(2)) expect(pair).toContain('committed');
        drafts.forEach((draft, index) => {
          if (won[index]?.includes('committed')) draft.buy({ quantity: '1', price: '1' }).group();
        });
      }
    });
    for (const draft of drafts.slice(2)) {
      expect(await ledger.reader.journal(draft.symbol, 0, 10_000)).toHaveLength(rounds);
    }
  });

  it('let a removal wait for a commit on its way, and see the order it opens', async () => {
    const [draft] = (await claimed(ledger, ['S-1'])) as [SymbolDraft];
    const slow = new Client({ connectionString: server.url });
    await slow.connect();
    await slow.query('begin');
    await slow.query(`select from positions where symbol = 'S-1' for update`);
    await slow.query(`
      insert into orders (client_order_id, symbol, side, type, status, intent, filled_quantity, filled_notional, fees, send_before)
      values ('o', 'S-1', 'buy', 'market', 'pending', 'entry', 0, 0, 0, now())`);
    const removed = ledger.ownership.removeSymbol('S-1');
    await untilWaiting('%positions%');
    await slow.query('commit');
    await slow.end();
    expect(await removed).toEqual({ type: 'busy' });
    expect((await ledger.commit.commit([draft.note().group()]))[0]?.type).toBe('committed');
  });
});

describe('a split brain', () => {
  it('stores only rows of the epoch current at the time, and claims return what never changes again', async () => {
    await fund(ledger, '100000000');
    await ledger.ownership.register(B, LEASE_MS);
    await ledger.ownership.addSymbols(SYMBOLS);
    const epochOfRow = new Map<string, number>();
    const claims = new Map<string, { epoch: number; version: number; position: Position }[]>();
    let running = true;

    /** Believes in its claims for ever: it drops a symbol only when a commit says so. */
    const write = async (writer: PostgresCommit, drafts: Map<string, SymbolDraft>) => {
      let fenced = 0;
      while (running) {
        const batch = [...drafts.values()].map((draft) => ({
          draft,
          group: draft.buy({ quantity: '0.1', price: '3' }).group(),
        }));
        for (const { draft, group } of batch) for (const { id } of group.rows) epochOfRow.set(id, draft.epoch);
        const outcomes = await writer.commit(batch.map(({ group }) => group));
        outcomes.forEach(({ type }, index) => {
          const draft = batch[index]?.draft;
          if (type === 'committed' || draft === undefined) return;
          fenced += 1;
          if (drafts.get(draft.symbol) === draft) drafts.delete(draft.symbol);
        });
      }
      return fenced;
    };

    const take = async (by: Owner, from: Owner, drafts: Map<string, SymbolDraft>) => {
      await ledger.lapse(from);
      await ledger.ownership.register(by, LEASE_MS);
      for (const row of (await ledger.ownership.claim(by, SYMBOLS)).positions) {
        drafts.set(row.symbol, new SymbolDraft(row));
        claims.set(row.symbol, [...(claims.get(row.symbol) ?? []), row]);
      }
    };

    const [ofA, ofB] = [new Map<string, SymbolDraft>(), new Map<string, SymbolDraft>()];
    await withWriters(async (first, second) => {
      const writers = Promise.all([write(first, ofA), write(second, ofB)]);
      for (let round = 0; round < 100; round += 1) {
        await take(A, B, ofA);
        await take(B, A, ofB);
      }
      running = false;
      const [fencedA, fencedB] = await writers;
      // Otherwise this test saw no split brain at all.
      expect(fencedA + fencedB).toBeGreaterThan(0);
    });

    for (const symbol of SYMBOLS) {
      const rows = await ledger.reader.journal(symbol, 0, 1_000_000);
      const history = claims.get(symbol) ?? [];
      expect(rows.length).toBeGreaterThan(0);
      let position = FLAT;
      let next = 0;
      let epoch = 0;
      for (const row of rows) {
        for (let claim = history[next]; claim !== undefined && claim.version < row.seq; claim = history[next]) {
          expect(claim).toMatchObject({ version: row.seq - 1, position });
          epoch = claim.epoch;
          next += 1;
        }
        expect(epochOfRow.get(row.id)).toBe(epoch);
        if (row.fill !== null) position = applyFill(position, row.fill);
        expect(row.positionAfter).toEqual(position);
      }
    }
  });
});

/** Until a statement like this waits for a lock of another. */
async function untilWaiting(statement: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { rowCount } = await server.admin.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like $1`,
      [statement],
    );
    if (rowCount !== 0) return;
    if (Date.now() > deadline) throw new Error(`nothing like ${statement} waited for a lock`);
  }
}

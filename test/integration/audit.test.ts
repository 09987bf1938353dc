/** `coinpilot audit` against real tables: a sound ledger passes while engines write, and each tampering is named. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDecimal } from '../../domain/money.ts';
import { auditLedger } from '../../ledger/postgres/audit.ts';
import type { CommitGroup } from '../../protocol/ports/ledger.ts';
import { AT, claimed, claimOne, fund, order, type SymbolDraft } from '../support/ledger-groups.ts';
import { type Ledger, type PostgresLedgerServer, startPostgresLedger } from '../support/ledger-implementations.ts';

const COMMAND = fileURLToPath(new URL('../../coinpilot.mjs', import.meta.url));
const DAY = '2024-03-01';

let server: PostgresLedgerServer;
let ledger: Ledger;
let epoch: number;
let bitcoin: SymbolDraft;
let ether: SymbolDraft;

beforeAll(async () => {
  server = await startPostgresLedger();
  ledger = await server.fresh();
  epoch = await fund(ledger, '1000');
  [bitcoin, ether] = (await claimed(ledger, ['KRW-BTC', 'KRW-ETH'])) as [SymbolDraft, SymbolDraft];
  await commit(bitcoin.buy({ quantity: '3', price: '10.1', fee: '0.5' }).sell({ quantity: '1', price: '11' }).group());
  await enter();
  await commit(bitcoin.note().group(), ether.buy({ quantity: '0.3', price: '33.33333333', fee: '0.01' }).group());
});

afterAll(async () => {
  await server?.stop();
});

async function commit(...groups: readonly CommitGroup[]): Promise<void> {
  const outcomes = await ledger.commit.commit(groups);
  for (const outcome of outcomes) expect(outcome).toEqual({ type: 'committed' });
}

/** An entry of KRW-ETH: reserved, intended, partly filled, still open. */
async function enter(): Promise<void> {
  const amount = parseDecimal('100');
  await ledger.account.reserve(epoch, { id: 'entry', symbol: 'KRW-ETH', at: AT }, DAY, () => ({
    granted: true,
    amount,
    reserve: amount,
  }));
  const intent = order({ clientOrderId: 'entry', symbol: 'KRW-ETH', amount });
  await commit(ether.note().group({ orders: [intent], reservations: [{ id: 'entry', action: 'use' }] }));
  const filled = { filledQuantity: parseDecimal('2'), filledNotional: parseDecimal('40'), fees: parseDecimal('1') };
  const remaining = parseDecimal('59');
  await commit(
    ether.buy({ quantity: '2', price: '20', fee: '1', orderId: 'entry' }).group({
      orders: [{ ...intent, ...filled, status: 'open' }],
      reservations: [{ id: 'entry', action: 'settle', remaining, final: false }],
    }),
  );
}

async function difference() {
  return (await auditLedger(server.url)).difference;
}

// In this order: the second test writes.
describe('a sound ledger', { shuffle: false }, () => {
  it('passes, with what was counted', async () => {
    expect(await auditLedger(server.url)).toMatchObject({
      symbols: 2,
      fills: 4,
      // 1000 − 30.3 − 0.5 + 11 − 40 − 1 − 10 (9.999999999 at eight places) − 0.01
      cash: '929.19',
      deficits: [],
      difference: null,
    });
  });

  it('passes while it is written to: what is committed meanwhile is not in the picture', async () => {
    let isOver = false;
    const writing = (async () => {
      while (!isOver) {
        await commit(bitcoin.buy({ quantity: '1', price: '0.01' }).sell({ quantity: '1', price: '0.01' }).group());
      }
    })();
    try {
      for (let round = 0; round < 5; round += 1) expect(await difference()).toBeNull();
    } finally {
      isOver = true;
      await writing;
    }
  });
});

interface Tampering {
  readonly name: string;
  readonly with: string;
  readonly undo: string;
  readonly found: Record<string, unknown>;
}

const ONE_FILL = `journal set %s where symbol = 'KRW-BTC' and seq = 2`;
const fill = (set: string): string => `update ${ONE_FILL.replace('%s', set)}`;

const TAMPERINGS: readonly Tampering[] = [
  {
    name: 'a row that is gone',
    with: `update journal set seq = 9000 where symbol = 'KRW-BTC' and seq = 2`,
    undo: `update journal set seq = 2 where symbol = 'KRW-BTC' and seq = 9000`,
    found: { what: 'seq', symbol: 'KRW-BTC', seq: 3, expected: '2' },
  },
  {
    name: 'a fill whose quantity was changed by a unit',
    with: fill('quantity = quantity - 0.00000001'),
    undo: fill('quantity = quantity + 0.00000001'),
    found: { what: 'notional', symbol: 'KRW-BTC', seq: 2, expected: '10.99999989', found: '11' },
  },
  {
    name: 'a notional that is not quantity × price',
    with: fill('notional = notional + 0.00000001'),
    undo: fill('notional = notional - 0.00000001'),
    found: { what: 'notional', symbol: 'KRW-BTC', seq: 2, expected: '11', found: '11.00000001' },
  },
  {
    name: 'more sold than there was',
    with: fill('quantity = 4'),
    undo: fill('quantity = 1'),
    found: { what: 'quantity sold', symbol: 'KRW-BTC', seq: 2, expected: 'at most 3', found: '4' },
  },
  {
    name: 'a ninth decimal place',
    with: fill('price = 11.000000001'),
    undo: fill('price = 11'),
    found: { what: 'fill', symbol: 'KRW-BTC', seq: 2 },
  },
  {
    name: 'a fee that moved no cash',
    with: fill('fee = 0.25'),
    undo: fill('fee = 0'),
    found: { what: 'cash', symbol: 'account' },
  },
  {
    name: 'what a row says the position was after it',
    with: fill('cost_after = cost_after + 1'),
    undo: fill('cost_after = cost_after - 1'),
    found: { what: 'cost after', symbol: 'KRW-BTC', seq: 2 },
  },
  {
    name: 'a position with a unit too much',
    with: `update positions set quantity = quantity + 0.00000001 where symbol = 'KRW-ETH'`,
    undo: `update positions set quantity = quantity - 0.00000001 where symbol = 'KRW-ETH'`,
    found: { what: 'quantity', symbol: 'KRW-ETH', seq: null, expected: '2.3', found: '2.30000001' },
  },
  {
    name: 'realized profit from nowhere',
    with: `update positions set realized_pnl = realized_pnl + 1 where symbol = 'KRW-BTC'`,
    undo: `update positions set realized_pnl = realized_pnl - 1 where symbol = 'KRW-BTC'`,
    found: { what: 'realized profit', symbol: 'KRW-BTC', seq: null },
  },
  {
    name: 'a version ahead of the journal',
    with: `update positions set version = version + 1 where symbol = 'KRW-ETH'`,
    undo: `update positions set version = version - 1 where symbol = 'KRW-ETH'`,
    found: { what: 'version', symbol: 'KRW-ETH' },
  },
  {
    name: 'fills of a symbol without a position',
    with: `update positions set symbol = 'KRW-XRP' where symbol = 'KRW-ETH'`,
    undo: `update positions set symbol = 'KRW-ETH' where symbol = 'KRW-XRP'`,
    found: { what: 'position', symbol: 'KRW-ETH', expected: 'a row' },
  },
  {
    name: 'cash that nobody paid in',
    with: 'update account set cash = cash + 1',
    undo: 'update account set cash = cash - 1',
    found: { what: 'cash', symbol: 'account', expected: '929.19', found: '930.19' },
  },
  {
    name: 'a deposit counted twice',
    with: 'update account set deposits = deposits * 2, cash = cash + deposits',
    undo: 'update account set deposits = deposits / 2, cash = cash - deposits / 2',
    found: { what: 'deposits', symbol: 'account', expected: '1000', found: '2000' },
  },
  {
    name: 'money spent before it was there',
    with: `update journal set recorded_at = recorded_at + interval '1 day' where symbol = 'account'`,
    undo: `update journal set recorded_at = recorded_at - interval '1 day' where symbol = 'account'`,
    found: { what: 'cash after the row', symbol: 'KRW-BTC', seq: 1, expected: 'not below 0', found: '-30.8' },
  },
  {
    name: 'an order that holds less than its fills',
    with: `update orders set filled_quantity = 1.5 where client_order_id = 'entry'`,
    undo: `update orders set filled_quantity = 2 where client_order_id = 'entry'`,
    found: { what: 'filled quantity of order entry', symbol: 'KRW-ETH', seq: 2, expected: '2', found: '1.5' },
  },
  {
    name: 'a fill of an order that is not there',
    with: `update orders set client_order_id = 'other' where client_order_id = 'entry'`,
    undo: `update orders set client_order_id = 'entry' where client_order_id = 'other'`,
    found: { what: 'order of the fill', symbol: 'KRW-ETH', seq: 2, expected: 'entry', found: null },
  },
  {
    name: 'an order without a reservation',
    with: `update reservations set id = 'other' where id = 'entry'`,
    undo: `update reservations set id = 'entry' where id = 'other'`,
    found: { what: 'reservation of order entry', symbol: 'KRW-ETH', found: 'missing' },
  },
  {
    name: 'a reservation that its open order no longer has',
    with: `update reservations set status = 'settled', remaining = 0 where id = 'entry'`,
    undo: `update reservations set status = 'used', remaining = 59 where id = 'entry'`,
    found: { what: 'status of reservation entry', expected: 'used', found: 'settled' },
  },
  {
    name: 'a reservation with less left than its order may still spend',
    with: `update reservations set remaining = 58 where id = 'entry'`,
    undo: `update reservations set remaining = 59 where id = 'entry'`,
    found: { what: 'rest of reservation entry', expected: '59', found: '58' },
  },
  {
    name: 'money set aside for nothing',
    with: 'update account set reserved = reserved + 1',
    undo: 'update account set reserved = reserved - 1',
    found: { what: 'reserved', symbol: 'account', expected: '59', found: '60' },
  },
];

describe('names the first difference', () => {
  it.each(TAMPERINGS)('of $name', async ({ with: change, undo, found }) => {
    await server.admin.query(change);
    try {
      expect(await difference()).toMatchObject(found);
    } finally {
      await server.admin.query(undo);
    }
    expect(await difference()).toBeNull();
  });
});

describe('the command', () => {
  it('ends with 0 and its figures, with 1 and the difference, with 3 without a ledger', async () => {
    const sound = await audit(server.url, '--json');
    expect(sound).toMatchObject({ code: 0 });
    expect(JSON.parse(sound.stdout)).toMatchObject({ ok: true, difference: null });

    await server.admin.query('update account set cash = cash + 1');
    const wrong = await audit(server.url);
    await server.admin.query('update account set cash = cash - 1');
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.stdout).toContain('✗ account: cash is 930.19, expected 929.19');

    const away = await audit('postgres://nobody@127.0.0.1:1/none', '--json');
    expect(away).toMatchObject({ code: 3 });
    expect(JSON.parse(away.stdout)).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });
  });
});

describe('a deficit that a venue proved', () => {
  it('is no difference, and is told', async () => {
    const own = await startPostgresLedger();
    try {
      const empty = await own.fresh();
      const accountEpoch = await fund(empty, '1000');
      const draft = await claimOne(empty, 'KRW-ETH');
      const amount = parseDecimal('1000');
      const grant = { granted: true, amount, reserve: amount } as const;
      await empty.account.reserve(accountEpoch, { id: 'dear', symbol: 'KRW-ETH', at: AT }, DAY, () => grant);
      const spent = { filledQuantity: parseDecimal('1'), filledNotional: parseDecimal('1000.5') };
      const intent = order({ clientOrderId: 'dear', symbol: 'KRW-ETH', amount, ...spent, status: 'filled' });
      draft.buy({ quantity: '1', price: '1000.5', orderId: 'dear' });
      const settle = { id: 'dear', action: 'settle', remaining: 0n, final: true } as const;
      await empty.commit.commit([
        draft.group({ orders: [intent], reservations: [{ id: 'dear', action: 'use' }, settle] }),
      ]);
      expect(await auditLedger(own.url)).toMatchObject({
        cash: '-0.5',
        deficits: [{ symbol: 'KRW-ETH', seq: 1, cash: '-0.5' }],
        difference: null,
      });
    } finally {
      await own.stop();
    }
  });
});

function audit(url: string, ...words: readonly string[]): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [COMMAND, 'audit', '--database-url', url, ...words], (_, stdout) => {
      resolve({ code: child.exitCode ?? -1, stdout });
    });
  });
}

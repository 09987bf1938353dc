/** The auditor sees what is wrong, each rule for itself, and nothing where nothing is. */
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import { applyFill, FLAT, type Position, priceFill } from '../../domain/position.ts';
import { MemoryDatabase } from '../../ledger/memory/memory-database.ts';
import type { CommitGroup, StoredRow } from '../../protocol/ports/ledger.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { ratio, text, units } from './audit/arithmetic.ts';
import { Auditor } from './audit/auditor.ts';

const SYMBOL = 'KRW-BTC';
const LIFE = 'pod-1/1';

/** A ledger with 1,000 in cash and a position of 2 bought at 100, as the engine would have written it. */
function sound() {
  const database = new MemoryDatabase(new FakeClock());
  const auditor = new Auditor(database);
  const append = (row: Partial<StoredRow>): void => {
    const stream = row.symbol ?? SYMBOL;
    const seq = database.journal.head(stream) + 1;
    const plain = { kind: 'cash', at: 0, fill: null, orderId: null, positionAfter: FLAT, request: null, body: null };
    database.journal.append({ ...plain, symbol: stream, seq, id: `row ${stream} ${seq}`, ...row });
  };
  append({ symbol: 'account', body: JSON.stringify({ command: 'deposit', amount: '1000' }) });
  database.addPosition(SYMBOL);
  const execution = { side: 'buy', quantity: parseDecimal('2'), price: parseDecimal('100'), fee: 0n } as const;
  const fill = priceFill(FLAT, execution);
  const positionAfter = applyFill(FLAT, fill);
  append({ kind: 'fill', fill, positionAfter });
  const row = database.positions.get(SYMBOL)!;
  Object.assign(row, { version: 1, position: positionAfter, epoch: 1 });
  database.account.cash = parseDecimal('800');
  auditor.authority.granted(LIFE, SYMBOL, 1);
  const found = () => {
    auditor.check();
    return auditor.violations.map(({ invariant, what }) => `${invariant} ${what}`);
  };
  return { database, auditor, append, row, found };
}

const group = (changes: Partial<CommitGroup> = {}): CommitGroup => ({
  symbol: SYMBOL,
  epoch: 1,
  expectedVersion: 1,
  rows: [],
  positionAfter: FLAT,
  durableAfter: null,
  cashDelta: 0n,
  cashNeeded: 0n,
  orders: [],
  reservations: [],
  risk: null,
  funnel: [],
  ...changes,
});

const order = (changes: Partial<Order> = {}): Order => ({
  clientOrderId: 'order',
  symbol: SYMBOL,
  side: 'sell',
  type: 'market',
  quantity: parseDecimal('2'),
  status: 'pending',
  filledQuantity: 0n,
  filledNotional: 0n,
  fees: 0n,
  sendBefore: 0,
  intent: 'manual',
  ...changes,
});

const bytes = (value: object): Uint8Array => Buffer.from(JSON.stringify(value));

describe('an auditor of sound books', () => {
  it('finds nothing', () => {
    expect(sound().found()).toEqual([]);
  });
});

describe('the books', () => {
  it('notice one unit of cash too much', () => {
    const { database, found } = sound();
    database.account.cash += 1n;
    expect(found()).toEqual(['I4 cash is deposits − withdrawals ± notional − fees']);
  });

  it('notice a position that is not the fold over its fills', () => {
    const { row, found } = sound();
    const position: Position = { ...row.position, quantity: row.position.quantity - 1n };
    row.position = position;
    expect(found()).toEqual([`I4 ${SYMBOL}: quantity is the fold over its fills`]);
  });

  it('notice a version ahead of the journal', () => {
    const { row, found } = sound();
    row.version = 2;
    expect(found()).toEqual([`I4 ${SYMBOL}: the row's version is the last seq`]);
  });

  it('notice a sell of more than is held, and cash below zero', () => {
    const { database, row, append, found } = sound();
    const fill = {
      ...priceFill(row.position, { side: 'sell', quantity: 1n, price: 1n, fee: 0n }),
      quantity: 3n * 10n ** 8n,
    };
    append({ kind: 'fill', fill, positionAfter: row.position });
    database.account.cash = -1n;
    const all = found().join('\n');
    expect(all).toContain(`I5 ${SYMBOL} #2: no more is sold than is held`);
    expect(all).toContain('I5 cash is never below zero');
  });

  it('notice money set aside that no reservation explains', () => {
    const { database, found } = sound();
    database.account.reserved = 5n;
    expect(found()).toEqual(['I4 the reserved sum is the sum of open reservations']);
  });
});

describe('authority', () => {
  it('is one: a change accepted from another process, or under an old epoch, is noticed', () => {
    const { auditor, found } = sound();
    auditor.books.read(SYMBOL);
    auditor.authority.committed('pod-2/1', group(), { type: 'committed' });
    auditor.authority.committed(LIFE, group({ epoch: 0 }), { type: 'committed' });
    auditor.authority.committed('pod-2/1', group(), { type: 'fenced' });
    const violation = `I1 ${SYMBOL}: changes are accepted from its owner alone`;
    expect(found()).toEqual([violation, violation]);
  });

  it('is on top of the last change', () => {
    const { auditor, found } = sound();
    auditor.books.read(SYMBOL);
    auditor.authority.committed(LIFE, group({ expectedVersion: 0 }), { type: 'committed' });
    expect(found()).toEqual([`I1 ${SYMBOL}: a change accepted from ${LIFE} follows the last one`]);
  });

  it('never gives an epoch twice, not even to the same process', () => {
    const { auditor, found } = sound();
    auditor.authority.granted(LIFE, SYMBOL, 1);
    expect(found()).toEqual([`I1 ${SYMBOL}: every claim gives a new epoch`]);
  });

  it('never has an epoch go down', () => {
    const { auditor, row, found } = sound();
    auditor.check();
    row.epoch = 0;
    expect(found()).toEqual([`I1 ${SYMBOL}: epochs never go down`]);
  });
});

describe('replies', () => {
  const fill = `cp.symbol.${SYMBOL}.fill`;
  const position = { quantity: '2', cost: '200', realizedPnl: '0', version: 1 };
  const answer = (changes: object = {}) => JSON.stringify({ ok: true, version: 1, position, ...changes });

  it('are right when the journal has what they say', () => {
    const { auditor, found } = sound();
    const asked = auditor.replies.asked(fill, bytes({ id: `row ${SYMBOL} 1` }));
    auditor.replies.replied(asked, answer());
    expect(found()).toEqual([]);
  });

  it('are noticed when nothing was committed, or another version', () => {
    const { auditor, found } = sound();
    auditor.replies.replied(auditor.replies.asked(fill, bytes({ id: 'lost' })), answer());
    auditor.replies.replied(auditor.replies.asked(fill, bytes({ id: `row ${SYMBOL} 1` })), answer({ version: 7 }));
    const [first, second] = found();
    expect(first).toBe(`I2 ${SYMBOL}: fill lost is in the journal before it is acknowledged`);
    expect(second).toBe(`I2 ${SYMBOL}: fill row ${SYMBOL} 1 is answered with its version`);
  });

  it('are noticed when a read shows what was never committed', () => {
    const { auditor, found } = sound();
    const asked = auditor.replies.asked(`cp.symbol.${SYMBOL}.get`, bytes({}));
    auditor.replies.replied(asked, answer({ position: { ...position, quantity: '3' } }));
    expect(found()).toEqual([`I2 ${SYMBOL}: what is shown of version 1 is committed`]);
  });

  it('are noticed when what was accepted is refused later', () => {
    const { auditor, found } = sound();
    const refusal = JSON.stringify({ ok: false, error: { code: 'INSUFFICIENT', message: 'no', retryable: false } });
    auditor.replies.replied(auditor.replies.asked(fill, bytes({ id: `row ${SYMBOL} 1` })), refusal);
    auditor.replies.replied(auditor.replies.asked(fill, bytes({ id: 'never accepted' })), refusal);
    expect(found()).toEqual([`I3 ${SYMBOL}: fill row ${SYMBOL} 1 was accepted before and stays so`]);
  });
});

describe('events', () => {
  const subject = `cp.event.${SYMBOL}.fill`;

  it('are noticed ahead of the journal, and out of order', () => {
    const { auditor, found } = sound();
    const event = (seq: number) => JSON.stringify({ seq, id: `row ${SYMBOL} ${seq}` });
    auditor.replies.published(LIFE, subject, event(1));
    auditor.replies.published(LIFE, subject, event(1));
    auditor.replies.published(LIFE, subject, event(2));
    expect(found()).toEqual([
      `I6 ${SYMBOL}: ${LIFE} publishes in order`,
      `I6 ${SYMBOL}: an event tells a row of the journal`,
    ]);
  });
});

describe('the venue', () => {
  it('takes no order without an intent, without cover, or twice', () => {
    const { auditor, database, found } = sound();
    const tooMuch = order({ quantity: parseDecimal('3') });
    auditor.venue.placed(tooMuch, 'fenced');
    auditor.venue.placed(tooMuch, 'placed');
    database.orders.set('order', tooMuch);
    auditor.venue.placed(tooMuch, 'placed');
    expect(found()).toEqual([
      `I6 ${SYMBOL}: the intent of order order is committed`,
      `I5 ${SYMBOL}: sell order is covered by what is held`,
      `I6 ${SYMBOL}: order order is placed once`,
    ]);
  });

  it('takes no buy without a reservation in use', () => {
    const { auditor, database, found } = sound();
    const buy = order({ side: 'buy', amount: parseDecimal('50') });
    database.orders.set('order', buy);
    auditor.venue.placed(buy, 'placed');
    expect(found()).toEqual([`I5 ${SYMBOL}: order order is covered`]);
  });

  it('has executed nothing that the journal does not know', () => {
    const { auditor, database, found } = sound();
    database.orders.set('order', order({ status: 'filled' }));
    const trade = { tradeId: 't', quantity: parseDecimal('1'), price: parseDecimal('100'), fee: 0n, at: 0 };
    database.paperOrders.set('order', { placed: order(), status: 'done', trades: [trade] });
    auditor.venue.checkSettled();
    expect(found()).toEqual(['I6 order order: what the venue executed is in the journal']);
  });
});

describe('the arithmetic of the auditor', () => {
  it('reads, writes and rounds half to even by itself', () => {
    expect([units('12.5'), units('-0.00000001'), units('7')]).toEqual([1_250_000_000n, -1n, 700_000_000n]);
    expect([text(1_250_000_000n), text(-1n), text(0n)]).toEqual(['12.5', '-0.00000001', '0']);
    // 5 ÷ 2 lies between 2 and 3, 7 ÷ 2 between 3 and 4: the even one is taken.
    expect([ratio(5n, 1n, 2n), ratio(7n, 1n, 2n), ratio(2n, 1n, 3n)]).toEqual([2n, 4n, 1n]);
  });
});

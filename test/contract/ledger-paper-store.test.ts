/** The paper venue's book, on every ledger. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseDecimal } from '../../domain/money.ts';
import type { VenueTrade } from '../../protocol/ports/venue.ts';
import { AT, claimOne, id, order } from '../support/ledger-groups.ts';
import { LEDGERS, type Ledger, type LedgerServer } from '../support/ledger-implementations.ts';

function trade(name: string, at = AT): VenueTrade {
  return { tradeId: id(name), quantity: parseDecimal('0.3'), price: parseDecimal('33.33333333'), fee: 7n, at };
}

describe.each(LEDGERS)('the paper book on $name', (implementation) => {
  let server: LedgerServer;
  let ledger: Ledger;

  beforeAll(async () => {
    server = await implementation.start();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    ledger = await server.fresh();
  });

  it('takes an order once, under the current epoch only', async () => {
    const { epoch } = await claimOne(ledger);
    expect(await ledger.paper.place(order(), epoch - 1)).toBe('fenced');
    expect(await ledger.paper.find('order-1')).toBeUndefined();
    expect(await ledger.paper.place(order(), epoch)).toBe('placed');
    expect(await ledger.paper.place(order(), epoch)).toBe('known');
    await claimOne(ledger);
    expect(await ledger.paper.place(order({ clientOrderId: 'order-2' }), epoch)).toBe('fenced');
    expect(await ledger.paper.place(order({ symbol: 'NOT-THERE' }), epoch)).toBe('fenced');
  });

  it('gives back what was ordered, with the sums of its trades in order of time', async () => {
    const { epoch } = await claimOne(ledger);
    const placed = order({ type: 'limit', quantity: parseDecimal('1'), price: 5n, trigger: 6n, side: 'sell' });
    await ledger.paper.place(placed, epoch);
    await ledger.paper.fill('order-1', trade('b', AT + 1), false);
    await ledger.paper.fill('order-1', trade('a'), false);
    await ledger.paper.fill('order-1', trade('a'), false);
    const { reason: _, ...asked } = placed;
    expect(await ledger.paper.find('order-1')).toEqual({
      status: 'open',
      trades: [trade('a'), trade('b', AT + 1)],
      order: {
        ...asked,
        status: 'open',
        sendBefore: 0,
        intent: 'entry',
        filledQuantity: parseDecimal('0.6'),
        // 0.3 × 33.33333333 = 9.999999999, rounded to 8 places, twice.
        filledNotional: parseDecimal('20'),
        fees: 14n,
      },
    });
  });

  it('ends an order by its last fill or by a cancellation, whichever was first', async () => {
    const { epoch } = await claimOne(ledger);
    await ledger.paper.place(order(), epoch);
    await ledger.paper.place(order({ clientOrderId: 'order-2' }), epoch);
    await ledger.paper.fill('order-1', trade('a'), true);
    await ledger.paper.cancel('order-1');
    await ledger.paper.cancel('order-2');
    await ledger.paper.cancel('never placed');
    expect((await ledger.paper.find('order-1'))?.status).toBe('done');
    expect((await ledger.paper.find('order-2'))?.status).toBe('cancelled');
  });

  it('takes each execution once, and none of an order that is over', async () => {
    const { epoch } = await claimOne(ledger);
    await ledger.paper.place(order(), epoch);
    expect(await ledger.paper.fill('order-1', trade('a'), false)).toBe(true);
    expect(await ledger.paper.fill('order-1', { ...trade('a'), price: 1n }, true)).toBe(false);
    expect(await ledger.paper.find('order-1')).toMatchObject({ status: 'open', trades: [trade('a')] });
    await ledger.paper.cancel('order-1');
    expect(await ledger.paper.fill('order-1', trade('b'), true)).toBe(false);
    expect(await ledger.paper.find('order-1')).toMatchObject({ status: 'cancelled', trades: [trade('a')] });
  });

  it('does not take a fill of an order it does not have', async () => {
    await expect(ledger.paper.fill('never placed', trade('a'), true)).rejects.toThrow();
  });
});

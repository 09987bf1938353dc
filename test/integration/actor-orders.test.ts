/** Orders at the venue while the world is slow: nothing is executed that the ledger does not hear of (I4, I6). */
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import type { OrderRequest } from '../../protocol/messages.ts';
import { flatCandle, following, HISTORY } from '../support/actor-market.ts';
import { ActorWorld, type WorldOptions } from '../support/actor-world.ts';
import { door } from '../support/door.ts';
import { settled } from '../support/fake-clock.ts';
import { uuidv7 } from '../support/wire.ts';

const LIMIT = '119000';

/** A person's buy that rests below the market. */
function limitBuy(price = LIMIT): OrderRequest {
  return { id: uuidv7(), side: 'buy', type: 'limit', quantity: parseDecimal('1'), price: parseDecimal(price) };
}

async function worldWith(options: WorldOptions): Promise<ActorWorld> {
  const world = await ActorWorld.create(HISTORY, { strategy: 'idle', ...options });
  await world.begin();
  return world;
}

describe('a cancellation', () => {
  it('that overtakes the order on its way leaves no ghost order at the venue', async () => {
    for (const when of ['before', 'after'] as const) {
      const slow = door();
      const world = await worldWith({
        holds: (call, at) => (call === 'paper.place' && at === when ? slow.opened : undefined),
      });
      const request = limitBuy();
      const ordered = world.ask({ type: 'order', request });
      await settled();
      const cancelled = world.ask({ type: 'cancel', request: { id: uuidv7(), orderId: request.id } });
      await settled();
      slow.open();
      await Promise.all([ordered, cancelled]);
      await world.play(following(118_000, 118_000, 118_000));
      const audit = await world.audit();
      expect(audit, when).toMatchObject({ mode: 'flat', quantity: 0n, reserved: 0n, openOrders: 0, openAtVenue: 0 });
      expect(audit.venueFills, when).toEqual(audit.ledgerFills);
    }
  });

  it('that comes while an execution is being stored does not lose the execution', async () => {
    for (const when of ['before', 'after'] as const) {
      const slow = door();
      const world = await worldWith({
        holds: (call, at) => (call === 'paper.fill' && at === when ? slow.opened : undefined),
      });
      const request = limitBuy('125000');
      await world.ask({ type: 'order', request });
      const playing = world.play(following(124_000, 124_000));
      await settled();
      expect(world.steps).toContain('paper.fill');
      const cancelled = world.ask({ type: 'cancel', request: { id: uuidv7(), orderId: request.id } });
      await settled();
      slow.open();
      await Promise.all([playing, cancelled]);
      const audit = await world.audit();
      expect(audit.venueFills, when).toEqual(audit.ledgerFills);
      expect(audit, when).toMatchObject({ reserved: 0n, openOrders: 0, openAtVenue: 0, crashes: [] });
    }
  });

  it('of an order that was executed while nobody looked brings the execution, not a cancellation', async () => {
    let away = false;
    const world = await worldWith({ faults: (_, call) => (away && call === 'paper.find' ? 'fail before' : undefined) });
    const request = limitBuy('125000');
    await world.ask({ type: 'order', request });
    // The process dies between the execution at the venue and its commit; then the venue can not be asked for a while.
    const [order] = [...world.database.paperOrders.values()];
    order?.trades.push({
      tradeId: uuidv7(),
      quantity: parseDecimal('1'),
      price: parseDecimal('125000'),
      fee: 0n,
      at: 0,
    });
    if (order !== undefined) order.status = 'done';
    world.kill();
    away = true;
    await world.begin();
    const cancelled = world.ask({ type: 'cancel', request: { id: uuidv7(), orderId: request.id } });
    await settled();
    away = false;
    await world.rest();
    await cancelled;
    const audit = await world.audit();
    expect(audit.venueFills).toEqual(audit.ledgerFills);
    expect(audit).toMatchObject({ mode: 'holding', quantity: parseDecimal('1'), reserved: 0n, openOrders: 0 });
  });
});

describe('an execution whose answer was lost', () => {
  it('is taken over as the venue has it, not as the next price would make it', async () => {
    let fills = 0;
    const world = await worldWith({
      partialFill: 0.3,
      faults: (_, call) => (call === 'paper.fill' && ++fills === 2 ? 'fail after' : undefined),
    });
    await world.ask({
      type: 'order',
      request: { id: uuidv7(), side: 'buy', type: 'market', amount: parseDecimal('1000000') },
    });
    await world.play(following(121_000, 123_000, 119_000, 118_000, 122_000, 121_000, 120_000));
    const audit = await world.audit();
    expect(audit.venueFills).toEqual(audit.ledgerFills);
    expect(audit).toMatchObject({ mode: 'holding', reserved: 0n, openOrders: 0, openAtVenue: 0, cashDrift: 0n });
  });
});

describe('an order', () => {
  it('under the id of an order of another symbol is INVALID, and that order is left alone', async () => {
    const world = await worldWith({});
    const request = limitBuy();
    const elsewhere: Order = {
      ...{
        clientOrderId: request.id,
        symbol: 'KRW-ETH',
        side: 'sell',
        type: 'market',
        status: 'filled',
        intent: 'manual',
      },
      ...{ quantity: 1n, filledQuantity: 1n, filledNotional: 1n, fees: 0n, sendBefore: 0 },
    };
    world.database.orders.set(request.id, elsewhere);
    expect(await world.ask({ type: 'order', request })).toMatchObject({ ok: false, error: { code: 'INVALID' } });
    expect(world.database.orders.get(request.id)).toEqual(elsewhere);
    expect(await world.audit()).toMatchObject({ mode: 'flat', reserved: 0n, openAtVenue: 0 });
  });
});

describe('commands', () => {
  it('repeated while the first attempt commits is answered as the first, however old the look into the ledger is', async () => {
    const slow = door();
    let reads = 0;
    const world = await worldWith({
      // The second look sees the ledger before the first attempt is in it, and is answered after that.
      holds: (call, at) => (call === 'reader.journalRow' && at === 'after' && ++reads === 2 ? slow.opened : undefined),
    });
    const request = limitBuy();
    const first = world.ask({ type: 'order', request });
    const second = world.ask({ type: 'order', request });
    expect(await first).toMatchObject({ ok: true, order: { status: 'open' } });
    slow.open();
    expect(await second).toMatchObject({ ok: true, order: { status: 'open' } });
    const third = world.ask({ type: 'cancel', request: { id: uuidv7(), orderId: request.id } });
    expect(await third).toMatchObject({ ok: true, order: { status: 'cancelled' } });
    expect(await world.audit()).toMatchObject({ mode: 'flat', reserved: 0n, openOrders: 0, openAtVenue: 0 });
  });

  it('are handled in the order of their arrival, whichever is looked up first', async () => {
    const slow = door();
    let reads = 0;
    const world = await worldWith({
      holds: (call, when) =>
        call === 'reader.journalRow' && when === 'before' && ++reads === 1 ? slow.opened : undefined,
    });
    const paused = world.ask({ type: 'pause', request: { id: uuidv7(), reason: 'wait' } });
    const resumed = world.ask({ type: 'resume', request: { id: uuidv7(), reason: 'go on' } });
    await settled();
    slow.open();
    expect(await paused).toMatchObject({ ok: true, mode: 'paused' });
    expect(await resumed).toMatchObject({ ok: true, mode: 'flat' });
  });
});

describe('a market buy by quantity', () => {
  // The last price of the history is 125,900: the order may spend a hundredth more, 127,159 for one.
  it.each([
    ['is filled whole while the price stays within a hundredth', 127_000, '1'],
    ['is filled as far as its money goes when the price jumps', 254_318, '0.5'],
  ])('%s', async (_, price, filled) => {
    const world = await worldWith({});
    const request = { id: uuidv7(), side: 'buy', type: 'market', quantity: parseDecimal('1') } as const;
    const ordered = world.ask({ type: 'order', request });
    expect(await ordered).toMatchObject({ ok: true });
    const reserved = world.database.account.reserved;
    const before = world.database.account.cash;
    await world.play([flatCandle(HISTORY.length, price)]);
    expect(world.database.orders.get(request.id)).toMatchObject({
      status: 'filled',
      filledQuantity: parseDecimal(filled),
      amount: parseDecimal('127159'),
    });
    expect(before - world.database.account.cash <= reserved).toBe(true);
    expect(await world.audit()).toMatchObject({ quantity: parseDecimal(filled), reserved: 0n, openAtVenue: 0 });
  });
});

/** Fills from outside at an actor: the same id gives the same answer whatever has happened since (I3), cash never goes below zero (I5). */
import { describe, expect, it } from 'vitest';
import { parseDecimal, type Units } from '../../domain/money.ts';
import type { FillRequest } from '../../protocol/messages.ts';
import { following, HISTORY } from '../support/actor-market.ts';
import { ActorWorld, BALANCE, type WorldOptions } from '../support/actor-world-tmp.ts';
import { door } from '../support/door.ts';
import { settled } from '../support/fake-clock.ts';
import { uuidv7 } from '../support/wire.ts';

const ONE = parseDecimal('1');

async function worldWith(options: WorldOptions = {}): Promise<ActorWorld> {
  const world = await ActorWorld.create(HISTORY, { strategy: 'idle', ...options });
  await world.begin();
  return world;
}

function fill(side: 'buy' | 'sell', quantity: Units = ONE, price = '100', fee = '0'): FillRequest {
  return { id: uuidv7(), side, quantity, price: parseDecimal(price), fee: parseDecimal(fee) };
}

function record(world: ActorWorld, ...items: FillRequest[]) {
  return world.ask({ type: 'fill', items, batch: items.length > 1 });
}

describe('a fill that is sent again', () => {
  it('gets its first answer when what it sold is gone by now', async () => {
    const world = await worldWith();
    await record(world, fill('buy'));
    const sell = fill('sell');
    const first = await record(world, sell);
    expect(first).toMatchObject({ ok: true, version: 2 });
    expect(await record(world, sell)).toEqual(first);
    world.kill();
    await world.begin();
    expect(await record(world, sell)).toEqual(first);
    expect(await record(world, fill('sell'))).toMatchObject({ ok: false, error: { code: 'INSUFFICIENT' } });
  });

  it('gets its first answer in a batch with others, each in its place', async () => {
    const world = await worldWith();
    const [buy, sell] = [fill('buy'), fill('sell')];
    const [bought, sold] = [await record(world, buy), await record(world, sell)];
    const short = fill('sell');
    expect(await record(world, sell, short, buy, fill('buy'))).toMatchObject({
      ok: true,
      results: [sold, { ok: false, error: { code: 'INSUFFICIENT' } }, bought, { ok: true, version: 3 }],
    });
  });

  it('is INVALID with another body although that could not be executed', async () => {
    const world = await worldWith();
    await record(world, fill('buy'));
    const sell = fill('sell');
    await record(world, sell);
    expect(await record(world, { ...sell, quantity: parseDecimal('2') })).toMatchObject({
      ok: false,
      error: { code: 'INVALID' },
    });
  });

  it('says UNAVAILABLE, not INSUFFICIENT, when the ledger can not be asked', async () => {
    const world = await worldWith({ faults: (_, call) => (call === 'reader.journalRow' ? 'fail before' : undefined) });
    expect(await record(world, fill('sell'))).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });
  });
});

describe('cash', () => {
  it('does not go below zero by a sell whose fee is more than it brings', async () => {
    const world = await worldWith();
    await record(world, fill('buy'));
    const dear = fill('sell', ONE, '1', `${BALANCE}0`);
    expect(await record(world, dear)).toMatchObject({ ok: false, error: { code: 'INSUFFICIENT' } });
    expect(world.database.account).toMatchObject({ haltedReason: null });
    expect(world.database.account.cash).toBeGreaterThanOrEqual(0n);
  });

  it('that an order of ours spends from its reservation is not asked for twice', async () => {
    const slow = door();
    let commits = 0;
    const world = await worldWith({
      holds: (call, when) => {
        if (call !== 'commit.commit' || when !== 'before') return undefined;
        commits += 1;
        return commits > 3 ? slow.opened : undefined;
      },
    });
    const order = { id: uuidv7(), side: 'buy' as const, type: 'market' as const, amount: parseDecimal('6000000') };
    await world.ask({ type: 'order', request: order });
    expect(commits).toBe(3);
    // Two commits are held up, so that what follows is decided, and committed, together.
    const pauses = [];
    for (const reason of ['one', 'two']) {
      pauses.push(world.ask({ type: 'pause', request: { id: uuidv7(), reason } }));
      await settled();
    }
    expect(commits).toBe(5);
    const [candle] = following(100_000);
    const market = world.play(candle === undefined ? [] : [candle]);
    await settled();
    const outside = record(world, fill('buy', ONE, '3000000'));
    await settled();
    slow.open();
    await Promise.all([...pauses, market]);
    expect(await outside).toMatchObject({ ok: true });
    expect(await world.audit()).toMatchObject({ reserved: 0n, cashDrift: 0n, crashes: [] });
  });
});

/** Flatten closes what is there, whatever the symbol is doing when a person asks for it, and whatever dies on the way (I12). */
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../domain/money.ts';
import { FLATTENED, following, HISTORY, limitSell, SIGNAL, steady } from '../support/actor-market.ts';
import { ActorWorld, type WorldOptions } from '../support/actor-world-tmp.ts';
import { door } from '../support/door.ts';
import { settled } from '../support/fake-clock.ts';
import { uuidv7 } from '../support/wire.ts';

async function worldWith(options: WorldOptions): Promise<ActorWorld> {
  const world = await ActorWorld.create(HISTORY, options);
  await world.begin();
  return world;
}

function flatten(world: ActorWorld) {
  return world.ask({ type: 'flatten', request: { id: uuidv7(), reason: 'get out' } });
}

describe('flatten', () => {
  it('ends an entry that is filled in part, and sells the part', async () => {
    const world = await worldWith({ partialFill: 0.3 });
    await world.play([SIGNAL, ...following(...steady(1))]);
    expect(world.life.actor.mode).toBe('entering');
    expect(await flatten(world)).toMatchObject({ ok: true });
    await settled();
    await world.play([SIGNAL, ...following(...steady(12))]);
    expect(await world.audit()).toMatchObject({ ...FLATTENED, trades: [{ reason: 'MANUAL' }] });
  });

  for (const fault of ['die before', 'die after', 'fail before', 'fail after'] as const) {
    for (const call of ['paper.cancel', 'paper.find', 'paper.place']) {
      it(`of a resting sell is done although ${call} lets it down: ${fault}`, async () => {
        let armed = false;
        const world = await worldWith({
          strategy: 'idle',
          faults: (_, name) => {
            if (!armed || name !== call) return undefined;
            armed = false;
            return fault;
          },
        });
        const item = { id: uuidv7(), side: 'buy' as const, quantity: parseDecimal('2'), price: parseDecimal('119500') };
        await world.ask({ type: 'fill', items: [item], batch: false });
        await world.play(following(...steady(1)));
        expect(await world.ask({ type: 'order', request: limitSell('1', '150000') })).toMatchObject({ ok: true });
        expect(world.life.actor.mode).toBe('exiting');
        armed = true;
        expect(await flatten(world)).toMatchObject({ ok: true });
        await world.rest();
        await world.play(following(...steady(6)));
        expect(armed).toBe(false);
        expect(await world.audit()).toMatchObject(FLATTENED);
      });
    }
  }

  it('sells what came from outside while an entry was decided', async () => {
    const slow = door();
    const world = await worldWith({
      holds: (call, when) => (call === 'account.reserve' && when === 'after' ? slow.opened : undefined),
    });
    const playing = world.play([SIGNAL]);
    await settled();
    const item = { id: uuidv7(), side: 'buy' as const, quantity: parseDecimal('1'), price: parseDecimal('119500') };
    await world.ask({ type: 'fill', items: [item], batch: false });
    expect(await flatten(world)).toMatchObject({ ok: true });
    slow.open();
    await playing;
    expect(world.life.actor.mode).toBe('exiting');
    await world.play([SIGNAL, ...following(119_500)]);
    expect((await world.audit()).ledgerFills).not.toEqual({});
  });

  it('is done although its order could not be sent in time', async () => {
    const slow = door();
    let armed = false;
    const world = await worldWith({
      strategy: 'idle',
      holds: (call, when) => (armed && call === 'commit.commit' && when === 'after' ? slow.opened : undefined),
    });
    const item = { id: uuidv7(), side: 'buy' as const, quantity: parseDecimal('1'), price: parseDecimal('119500') };
    await world.ask({ type: 'fill', items: [item], batch: false });
    armed = true;
    const flattened = flatten(world);
    await world.clock.advance(5_000);
    armed = false;
    slow.open();
    await flattened;
    await world.play(following(...steady(3)));
    expect(await world.audit()).toMatchObject(FLATTENED);
  });
});

/** What an entry sets aside comes free again, whatever is lost on the way; and a person's word holds while it is decided. */
import { describe, expect, it } from 'vitest';
import { following, HISTORY, SIGNAL, steady } from '../support/actor-market.ts';
import { ActorWorld, type WorldOptions } from '../support/actor-world-tmp.ts';
import { door } from '../support/door.ts';
import { settled } from '../support/fake-clock.ts';
import { uuidv7 } from '../support/wire.ts';

async function worldWith(options: WorldOptions): Promise<ActorWorld> {
  const world = await ActorWorld.create(HISTORY, options);
  await world.begin();
  return world;
}

const FREE = { reserved: 0n, heldReservations: 0, quantity: 0n, openOrders: 0, openAtVenue: 0, crashes: [] };

describe('a reservation', () => {
  it('is released although the account is away when it should be', async () => {
    let releases = 0;
    const world = await worldWith({
      faults: (_, call) =>
        call === 'account.reserve' || (call === 'account.release' && ++releases <= 2) ? 'fail after' : undefined,
    });
    await world.play([SIGNAL, ...following(...steady(3))]);
    expect(await world.audit()).toMatchObject({ ...FREE, mode: 'flat' });
  });

  it('is released although its release fails before it takes effect', async () => {
    let releases = 0;
    const world = await worldWith({
      faults: (_, call) => {
        if (call === 'account.reserve') return 'fail after';
        return call === 'account.release' && ++releases <= 2 ? 'fail before' : undefined;
      },
    });
    await world.play([SIGNAL, ...following(...steady(3))]);
    expect(await world.audit()).toMatchObject({ ...FREE, mode: 'flat' });
  });

  it('asked for by an actor that is over by now is released', async () => {
    const slow = door();
    let held = false;
    const world = await worldWith({
      holds: (call, when) => {
        if (call !== 'account.reserve' || when !== 'before' || held) return undefined;
        held = true;
        return slow.opened;
      },
    });
    const playing = world.life.actor.market({ type: 'candle', symbol: 'KRW-BTC', candle: SIGNAL, inside: 'path' });
    await settled();
    await world.restartActor();
    slow.open();
    await playing;
    await world.rest();
    expect(await world.audit()).toMatchObject({ ...FREE, mode: 'flat' });
  });

  for (const command of ['halt', 'pause', 'flatten'] as const) {
    it(`is not used when a person says ${command} while the account decides`, async () => {
      const slow = door();
      const world = await worldWith({
        holds: (call, when) => (call === 'account.reserve' && when === 'after' ? slow.opened : undefined),
      });
      const playing = world.play([SIGNAL]);
      await settled();
      expect(world.life.actor.mode).toBe('entering');
      const reply = await world.ask({ type: command, request: { id: uuidv7(), reason: 'stop buying' } });
      expect(reply).toMatchObject({ ok: true });
      slow.open();
      await playing;
      expect(await world.audit()).toMatchObject({ ...FREE, trades: [] });
    });
  }

  it('is not used when the account is halted between its answer and the intent', async () => {
    const slow = door();
    const world = await worldWith({
      holds: (call, when) => (call === 'account.reserve' && when === 'after' ? slow.opened : undefined),
    });
    const playing = world.play([SIGNAL, ...following(...steady(3))]);
    await settled();
    const halted = world.life.account.control('halt', { id: uuidv7(), reason: 'enough' });
    slow.open();
    await Promise.all([playing, halted]);
    expect(await world.audit()).toMatchObject({ ...FREE, mode: 'flat', trades: [] });
  });
});

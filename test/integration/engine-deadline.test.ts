/** A command repeated after its deadline: the answer to the first attempt was lost, so it is what became of it that counts. */
import { randomUUID } from 'node:crypto';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome, type EngineProcess, until } from '../support/engine-process.ts';

const SYMBOL = 'KRW-BTC';

describe('a deadline that has passed', () => {
  let home: EngineHome;
  let engine: EngineProcess;
  let nats: NatsConnection;

  beforeAll(async () => {
    home = await EngineHome.create(['--symbol', SYMBOL]);
    engine = await home.start();
    nats = await connect({ servers: engine.ready.nats });
  });
  afterAll(async () => {
    await nats?.close();
    await home?.remove();
  });

  const ask = async (subject: string, body: object) =>
    (await nats.request(subject, JSON.stringify(body), { timeout: 5_000 })).json<{
      ok: boolean;
      version?: number;
      account?: { cash: string };
      error?: { code: string };
    }>();

  it('gives a fill, a pause and a deposit their first answers, and refuses what is new', async () => {
    const deadline = new Date(Date.now() + 1_500).toISOString();
    const fill = { id: randomUUID(), side: 'buy', quantity: '0.5', price: '100', deadline };
    const pause = { id: randomUUID(), reason: 'news', deadline };
    const deposit = { id: randomUUID(), amount: '5', deadline };
    const filled = await ask(`cp.symbol.${SYMBOL}.fill`, fill);
    const paused = await ask(`cp.symbol.${SYMBOL}.pause`, pause);
    const deposited = await ask('cp.account.deposit', deposit);
    expect([filled.ok, paused.ok, deposited.ok]).toEqual([true, true, true]);

    await until(
      () => Date.now() > Date.parse(deadline),
      5_000,
      () => 'the deadline does not come',
    );
    expect(await ask(`cp.symbol.${SYMBOL}.fill`, fill)).toMatchObject({ ok: true, version: filled.version });
    expect(await ask(`cp.symbol.${SYMBOL}.fill`, { fills: [fill, { ...fill, id: randomUUID() }] })).toMatchObject({
      results: [{ ok: true, version: filled.version }, { error: { code: 'EXPIRED' } }],
    });
    expect(await ask(`cp.symbol.${SYMBOL}.pause`, pause)).toMatchObject({ ok: true, version: paused.version });
    expect(await ask('cp.account.deposit', deposit)).toMatchObject({
      ok: true,
      account: { cash: deposited.account?.cash },
    });
    const late = [
      ask(`cp.symbol.${SYMBOL}.fill`, { ...fill, id: randomUUID() }),
      ask(`cp.symbol.${SYMBOL}.resume`, { ...pause, id: randomUUID() }),
      ask(`cp.symbol.${SYMBOL}.order`, { id: randomUUID(), side: 'buy', type: 'market', amount: '10000', deadline }),
      ask('cp.account.deposit', { ...deposit, id: randomUUID() }),
    ];
    expect((await Promise.all(late)).map((reply) => reply.error?.code)).toEqual(Array(4).fill('EXPIRED'));
  });
});

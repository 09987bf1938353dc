/** Everything is sold: each symbol is told until it answers, once, whoever owns the account meanwhile (I3, I12). */
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../../domain/money.ts';
import { refuse } from '../../../protocol/errors.ts';
import { contentId } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { BusMessage } from '../../../protocol/ports/bus.ts';
import { AccountService } from '../../../supervisors/account-service.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeCluster, type FakePod } from '../../support/fake-pod.ts';

const MARKET_NOW = Date.UTC(2026, 0, 31, 9);
const COMMAND = contentId('a flatten');
const REQUEST = { id: COMMAND, reason: 'leaving', by: 'kim' };

interface Told {
  readonly symbol: string;
  readonly id: string;
  readonly reason: string;
  readonly by: string;
}

/** A cluster whose Pod owns the account; the symbols are played by the test. */
async function flattening(holding: readonly string[]) {
  const cluster = new FakeCluster();
  const pods: FakePod[] = [await cluster.join('pod-a'), await cluster.join('pod-b')];
  const services: AccountService[] = [];
  for (const pod of pods) {
    services.push(
      await AccountService.start({
        ...pod.parts,
        ledger: cluster.ledger.account,
        limits: 'on',
        openingBalance: parseDecimal('1000'),
        marketNow: () => MARKET_NOW,
      }),
    );
  }
  const { database } = cluster.ledger;
  for (const symbol of holding) {
    database.addPosition(symbol);
    const row = database.positions.get(symbol);
    if (row !== undefined) row.position = { quantity: 1n, cost: 1n, realizedPnl: 0n };
  }
  const outside = cluster.server.connect();
  const told: Told[] = [];
  const serve = (symbol: string, answer: (message: BusMessage) => void): (() => void) =>
    outside.subscribe(cluster.subjects.symbol(symbol, 'flatten'), (message) => {
      const { id, reason, by } = JSON.parse(new TextDecoder().decode(message.data)) as Omit<Told, 'symbol'>;
      told.push({ symbol, id, reason, by });
      answer(message);
    });
  const ask = async (request: object = REQUEST) => {
    const answer = outside.request(cluster.subjects.account('flatten'), JSON.stringify(request), 2_000);
    await cluster.clock.advance(1_000);
    return JSON.parse(new TextDecoder().decode(await answer)) as { ok: boolean; symbols: unknown; account: object };
  };
  return { cluster, pods, services, database, serve, told, ask };
}

const ok = (message: BusMessage): void => message.respond('{"ok":true}');

describe('a flatten of the account', () => {
  it('pauses entries, tells every symbol that holds something, and says so', async () => {
    const { database, serve, told, ask } = await flattening(['KRW-BTC', 'KRW-ETH']);
    serve('KRW-BTC', ok);
    serve('KRW-ETH', ok);
    serve('KRW-XRP', ok);
    expect(await ask()).toMatchObject({
      ok: true,
      account: { paused: 'leaving' },
      symbols: [
        { symbol: 'KRW-BTC', state: 'told' },
        { symbol: 'KRW-ETH', state: 'told' },
      ],
    });
    expect(told).toEqual([
      { symbol: 'KRW-BTC', id: contentId('flatten', COMMAND, 'KRW-BTC'), reason: 'leaving', by: 'kim' },
      { symbol: 'KRW-ETH', id: contentId('flatten', COMMAND, 'KRW-ETH'), reason: 'leaving', by: 'kim' },
    ]);
    expect(database.account).toMatchObject({ flatten: null, pausedReason: 'leaving' });
    expect(JSON.parse([...database.journal.all()].at(-1)?.body ?? '')).toEqual({
      command: 'flattened',
      reason: 'leaving',
      refused: {},
    });
  });

  it('tells a symbol with an open entry too', async () => {
    const { database, serve, told, ask } = await flattening([]);
    const reservation = { id: 'entry', symbol: 'KRW-SOL', remaining: 1n, status: 'used', limits: undefined } as const;
    database.reservations.set('entry', { ...reservation });
    serve('KRW-SOL', ok);
    await ask();
    expect(told.map(({ symbol }) => symbol)).toEqual(['KRW-SOL']);
  });

  it('is done at once when nothing is held', async () => {
    const { database, ask, told } = await flattening([]);
    expect(await ask()).toMatchObject({ ok: true, symbols: [] });
    expect(told).toEqual([]);
    expect(database.account).toMatchObject({ flatten: null, pausedReason: 'leaving' });
  });

  it('tells nobody a second time when the command is repeated', async () => {
    const { serve, told, ask, database } = await flattening(['KRW-BTC']);
    serve('KRW-BTC', ok);
    await ask();
    database.account.pausedReason = null;
    expect(await ask()).toMatchObject({ ok: true, symbols: [{ symbol: 'KRW-BTC', state: 'told' }] });
    expect(told).toHaveLength(1);
    // Resumed since: the repetition is not another word.
    expect(database.account.pausedReason).toBeNull();
    expect(await ask({ ...REQUEST, reason: 'another' })).toMatchObject({ ok: false, error: { code: 'INVALID' } });
  });

  it('tells the symbols of every further command, also while the one before is not done', async () => {
    const { cluster, database, serve, told, ask } = await flattening(['KRW-BTC']);
    await ask();
    const again = { ...REQUEST, id: contentId('a further flatten') };
    serve('KRW-BTC', ok);
    expect(await ask(again)).toMatchObject({ symbols: [{ symbol: 'KRW-BTC', state: 'told' }] });
    await cluster.clock.advance(2_000);
    expect(told.map(({ id }) => id)).toEqual([contentId('flatten', again.id, 'KRW-BTC')]);
    expect(database.account.flatten).toBeNull();
    expect([...database.journal.all()].filter(({ body }) => body?.includes('flattened'))).toHaveLength(1);
    const third = { ...REQUEST, id: contentId('a third flatten') };
    expect(await ask(third)).toMatchObject({ symbols: [{ symbol: 'KRW-BTC', state: 'told' }] });
    expect(told).toHaveLength(2);
  });

  it('says what is still under way, and goes on until the symbol answers', async () => {
    const { cluster, database, serve, told, ask } = await flattening(['KRW-BTC', 'KRW-ETH']);
    serve('KRW-BTC', ok);
    expect(await ask()).toMatchObject({
      symbols: [{ state: 'told' }, { symbol: 'KRW-ETH', state: 'under way' }],
    });
    expect(database.account.flatten).toMatchObject({ id: COMMAND });
    serve('KRW-ETH', (message) => message.respond(JSON.stringify(refuse('BUSY', 'in a moment'))))();
    serve('KRW-ETH', ok);
    await cluster.clock.advance(2_000);
    expect(told.map(({ symbol }) => symbol)).toEqual(['KRW-BTC', 'KRW-ETH']);
    expect(database.account.flatten).toBeNull();
  });

  it('does not insist on what only a person can solve, and says why', async () => {
    const { database, serve, ask, pods } = await flattening(['KRW-BTC']);
    serve('KRW-BTC', (message) => message.respond(JSON.stringify(refuse('REFUSED', 'dust'))));
    expect(await ask()).toMatchObject({ symbols: [{ state: 'refused', reason: 'REFUSED: dust' }] });
    expect(database.account.flatten).toBeNull();
    expect([...database.journal.all()].at(-1)?.body).toContain('"refused":{"KRW-BTC":"REFUSED: dust"}');
    expect(pods[0]?.log.lines.some(({ level }) => level === 'error')).toBe(true);
  });

  it('is finished by the next owner of the account when the first dies in between', async () => {
    const { cluster, database, pods, services, serve, told, ask } = await flattening(['KRW-BTC', 'KRW-ETH']);
    serve('KRW-BTC', ok);
    await ask();
    const [a] = pods as [FakePod, FakePod];
    await a.kill();
    await cluster.ledger.lapse(a.owner);
    await cluster.clock.advance(LIMITS.heartbeatIntervalMs);
    expect(services[1]?.isHere).toBe(true);
    serve('KRW-ETH', ok);
    await cluster.clock.advance(2_000);
    await settled();
    expect(new Set(told.map(({ symbol, id }) => `${symbol} ${id}`))).toEqual(
      new Set(['KRW-BTC', 'KRW-ETH'].map((symbol) => `${symbol} ${contentId('flatten', COMMAND, symbol)}`)),
    );
    expect(database.account).toMatchObject({ flatten: null, pausedReason: 'leaving' });
  });
});

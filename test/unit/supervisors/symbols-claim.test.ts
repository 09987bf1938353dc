/** Symbols of one Pod: claimed once however often it is asked at once, given back whole, dropped when they are lost. */
import { describe, expect, it } from 'vitest';
import type { Reply } from '../../../protocol/errors.ts';
import { contentId } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { door } from '../../support/door.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeCluster, type FakePod } from '../../support/fake-pod.ts';

/** More than are started at once, so that some wait without a host. */
const SYMBOLS = Array.from({ length: 40 }, (_, index) => `KRW-S${index}`);

async function podWithSymbols(symbols = SYMBOLS) {
  const cluster = new FakeCluster();
  await cluster.ledger.ownership.addSymbols(symbols);
  const pod = await cluster.join('pod-a');
  const made = pod.makeSymbols();
  return { cluster, pod, symbols: made.symbols };
}

const epochs = (cluster: FakeCluster) =>
  new Set([...cluster.ledger.database.positions.values()].map(({ epoch }) => epoch));

async function ask(pod: FakePod, symbol: string, command: 'get' | 'pause', body: object = {}): Promise<Reply> {
  const data = await pod.bus.request(pod.subjects.symbol(symbol, command), JSON.stringify(body), 1_000);
  return JSON.parse(new TextDecoder().decode(data)) as Reply;
}

describe('claiming symbols', () => {
  it('claims each of them once when asked twice at once: two hosts of one symbol would fence each other for ever', async () => {
    const { cluster, pod, symbols } = await podWithSymbols();
    await Promise.all([symbols.claim(SYMBOLS), symbols.claim(SYMBOLS)]);
    expect(pod.served).toEqual(SYMBOLS.toSorted());
    expect(epochs(cluster)).toEqual(new Set([1]));
    symbols.abandon();
  });

  it('tells the cluster only when the symbols are served', async () => {
    const { cluster, pod, symbols } = await podWithSymbols();
    const told: number[] = [];
    cluster.server.connect().subscribe(pod.subjects.event('cluster', 'ownership'), ({ data }) => {
      const { change } = JSON.parse(new TextDecoder().decode(data)) as { change: string };
      if (change === 'claimed') told.push(pod.served.length);
    });
    await symbols.claim(SYMBOLS);
    await settled();
    expect(told).toEqual([SYMBOLS.length]);
    expect(await ask(pod, 'KRW-S7', 'get')).toMatchObject({ ok: true, epoch: 1, owner: 'pod-a' });
    symbols.abandon();
  });

  it('leaves alone what another Pod has', async () => {
    const { cluster, pod, symbols } = await podWithSymbols(['KRW-ONE', 'KRW-TWO']);
    const other = await cluster.join('pod-b');
    await other.ownership.claim(other.owner, ['KRW-TWO']);
    await symbols.claim(['KRW-ONE', 'KRW-TWO']);
    expect(pod.served).toEqual(['KRW-ONE']);
    symbols.abandon();
  });

  it('goes on with the next claim after one that failed', async () => {
    const { pod, symbols } = await podWithSymbols(['KRW-ONE']);
    pod.before = (method) => (method === 'claim' ? Promise.reject(new Error('the ledger is away')) : undefined);
    await expect(symbols.claim(['KRW-ONE'])).rejects.toThrow('the ledger is away');
    pod.before = () => undefined;
    await symbols.claim(['KRW-ONE']);
    expect(pod.served).toEqual(['KRW-ONE']);
    symbols.abandon();
  });

  it('starts nothing that was abandoned while it was claimed', async () => {
    const { pod, symbols } = await podWithSymbols();
    const slow = door();
    pod.after = (method) => (method === 'claim' ? slow.opened : undefined);
    const claiming = symbols.claim(SYMBOLS);
    await settled();
    symbols.abandon();
    slow.open();
    await claiming;
    expect(pod.served).toEqual([]);
    expect(symbols.held).toEqual([]);
  });
});

describe('handing symbols over', () => {
  it('finishes what was accepted, then frees the rows, and nobody listens any more', async () => {
    const { cluster, pod, symbols } = await podWithSymbols(['KRW-ONE', 'KRW-TWO']);
    await symbols.claim(['KRW-ONE', 'KRW-TWO']);
    const answer = ask(pod, 'KRW-ONE', 'pause', { id: contentId('command'), reason: 'asked just before' });
    // The command has reached the symbol.
    await Promise.resolve();
    await symbols.handOver(['KRW-ONE']);
    expect(await answer).toMatchObject({ ok: true });
    expect(cluster.owners()).toEqual({ 'KRW-ONE': null, 'KRW-TWO': 'pod-a' });
    expect(pod.served).toEqual(['KRW-TWO']);
    await expect(ask(pod, 'KRW-ONE', 'get')).rejects.toThrow('nobody listens');
    expect((await cluster.changes()).at(-1)).toEqual({ change: 'released', ...pod.owner, symbols: ['KRW-ONE'] });
    symbols.abandon();
  });

  it('does not wait for ever for a symbol that can not finish', async () => {
    const { cluster, pod, symbols } = await podWithSymbols(['KRW-ONE']);
    await symbols.claim(['KRW-ONE']);
    cluster.ledger.commit.commit = () => new Promise(() => undefined);
    const answer = ask(pod, 'KRW-ONE', 'pause', { id: contentId('command'), reason: 'never stored' }).catch(String);
    const handedOver = symbols.handOver(['KRW-ONE']);
    await cluster.clock.advance(LIMITS.settleTimeoutMs);
    await handedOver;
    expect(cluster.owners()).toEqual({ 'KRW-ONE': null });
    // Not acknowledged: whether it was stored, the same id will tell.
    expect(await answer).toMatch('no answer');
  });

  it('releases rows in its name that it has no host for, and leaves those it serves', async () => {
    const { cluster, pod, symbols } = await podWithSymbols(['KRW-ONE', 'KRW-TWO']);
    await symbols.claim(['KRW-ONE']);
    await pod.ownership.claim(pod.owner, ['KRW-TWO']);
    await symbols.releaseStray(['KRW-ONE', 'KRW-TWO']);
    expect(cluster.owners()).toEqual({ 'KRW-ONE': 'pod-a', 'KRW-TWO': null });
    symbols.abandon();
  });

  it('does not take for stray what is being claimed at the moment', async () => {
    const { cluster, pod, symbols } = await podWithSymbols(['KRW-ONE']);
    const slow = door();
    pod.after = (method) => (method === 'claim' ? slow.opened : undefined);
    const claiming = symbols.claim(['KRW-ONE']);
    await settled();
    const released = symbols.releaseStray(['KRW-ONE']);
    slow.open();
    await Promise.all([claiming, released]);
    expect(cluster.owners()).toEqual({ 'KRW-ONE': 'pod-a' });
    symbols.abandon();
  });
});

describe('a symbol that was lost', () => {
  it('is dropped when a heartbeat says so, and asked for again by whoever decides', async () => {
    const { cluster, pod, symbols } = await podWithSymbols(['KRW-ONE', 'KRW-TWO']);
    await symbols.claim(['KRW-ONE', 'KRW-TWO']);
    const row = cluster.ledger.database.positions.get('KRW-ONE');
    if (row === undefined) throw new Error('the symbol is there');
    row.owner = { pod: 'pod-b', incarnation: 'another' };
    row.epoch += 1;
    await cluster.clock.advance(LIMITS.heartbeatIntervalMs);
    expect(pod.served).toEqual(['KRW-TWO']);
    symbols.abandon();
  });

  it('is not dropped by an answer about a life before the present one', async () => {
    const { pod, symbols } = await podWithSymbols(['KRW-ONE']);
    await symbols.claim(['KRW-ONE']);
    symbols.lost(['KRW-ONE'], [{ symbol: 'KRW-ONE', epoch: 0 }]);
    expect(pod.served).toEqual(['KRW-ONE']);
    symbols.lost(['KRW-ONE'], [{ symbol: 'KRW-ONE', epoch: 1 }]);
    expect(pod.served).toEqual([]);
  });
});

describe('a Pod whose lease may be over', () => {
  it('answers NOT_OWNER: another may serve the symbol already', async () => {
    const { pod, symbols } = await podWithSymbols(['KRW-ONE']);
    await symbols.claim(['KRW-ONE']);
    pod.membership.stop();
    expect(await ask(pod, 'KRW-ONE', 'pause', { id: contentId('command'), reason: 'no' })).toMatchObject({
      ok: false,
      error: { code: 'NOT_OWNER', retryable: true },
    });
    symbols.abandon();
  });
});

/** The store against a feed that is played by hand: what the page shows is the snapshot and the events after it. */
import { describe, expect, it } from 'vitest';
import { Api } from '../../../gateway/dashboard/store/api.ts';
import type { ChannelHandlers, FeedStatus } from '../../../gateway/dashboard/store/feed-source.ts';
import { DashboardStore } from '../../../gateway/dashboard/store/store.ts';
import type { FeedEvent, FeedMessage } from '../../../protocol/feed.ts';

const POSITION = { quantity: '2', cost: '300', realizedPnl: '10', regime: 'BULL', openedAt: null, highWaterMark: null };
const ACCOUNT = { cash: '1000', reserved: '0', equity: '1500', exposure: '500', paused: null, halted: null };

function answerOf(path: string): unknown {
  if (path === '/api/positions') return { positions: [{ symbol: 'KRW-BTC' }], at: '' };
  if (path.startsWith('/api/equity')) {
    return {
      points: [{ at: '2026-01-01T00:00:00.000Z', equity: '1400', cash: '900', netDeposits: '1000' }],
      maxDrawdown: '1.5',
    };
  }
  return path.startsWith('/api/fills') ? { fills: [] } : {};
}

/** A store whose server knows one symbol and whose feed says what the test says. `allowed`: tokens the server accepts. */
async function playedStore(options: { allowed?: string | null } = {}) {
  const { allowed = null } = options;
  const channels = new Map<string, ChannelHandlers>();
  const world = {
    token: null as string | null,
    now: 1_000,
    status: undefined as ((to: FeedStatus) => void) | undefined,
  };
  const requests: { path: string; init: RequestInit | undefined }[] = [];
  const fetchPlayed = async (path: string | URL | Request, init?: RequestInit): Promise<Response> => {
    requests.push({ path: String(path), init });
    const header = new Headers(init?.headers).get('authorization');
    if (header !== (allowed === null ? null : `Bearer ${allowed}`)) return Response.json({}, { status: 401 });
    return Response.json(answerOf(String(path)));
  };
  const store = new DashboardStore({
    api: new Api({ fetch: fetchPlayed, token: () => world.token }),
    token: () => world.token,
    now: () => world.now,
    every: () => undefined,
    after: () => undefined,
    openFeed: ({ onStatus }) => {
      world.status = onStatus;
      return {
        subscribe: (channel, handlers) => {
          channels.set(channel, handlers);
          return { unsubscribe: () => channels.delete(channel) };
        },
        close: () => channels.clear(),
      };
    },
  });
  await store.start();
  const say = (channel: string, type: keyof ChannelHandlers, rest: Record<string, unknown>): void => {
    const handler = channels.get(channel)?.[type] as ((message: FeedMessage) => void) | undefined;
    handler?.({ type, channel, ...rest } as unknown as FeedMessage);
  };
  const snapshot = (seq = 5, position: object = POSITION, parts: object = {}): void =>
    say('symbol:KRW-BTC', 'snapshot', {
      seq,
      data: {
        symbol: 'KRW-BTC',
        position,
        mode: 'holding',
        pausedReason: null,
        haltedReason: null,
        owner: 'a',
        epoch: 2,
        openOrders: [],
        ...parts,
      },
    });
  const event = (seq: number, kind: string, body: Record<string, unknown>): void =>
    say('symbol:KRW-BTC', 'event', {
      stream: 'KRW-BTC',
      seq,
      kind,
      at: '2026-01-01T00:01:00.000Z',
      id: `${seq}`,
      ...body,
    });
  return { store, world, channels, requests, say, snapshot, event, view: () => store.symbol('KRW-BTC').value?.value };
}

describe('a symbol in the store', () => {
  it('is the snapshot, with an average price derived from cost and quantity', async () => {
    const { snapshot, view } = await playedStore();
    snapshot();
    expect(view()?.position).toMatchObject({ quantity: '2', averagePrice: '150', version: 5, regime: 'BULL' });
  });

  it('takes the position after a fill from the fill, and forgets what belonged to a position that is closed', async () => {
    const { snapshot, event, view } = await playedStore();
    snapshot(5, { ...POSITION, openedAt: '2026-01-01T00:00:00.000Z', highWaterMark: '170' });
    event(6, 'fill', { side: 'sell', position: { quantity: '0', cost: '0', realizedPnl: '70' } });
    expect(view()?.position).toMatchObject({
      quantity: '0',
      realizedPnl: '70',
      averagePrice: null,
      openedAt: null,
      highWaterMark: null,
      version: 6,
    });
  });

  it('opens a position at the time of the fill that opened it', async () => {
    const { snapshot, event, view } = await playedStore();
    snapshot(5, { ...POSITION, quantity: '0', cost: '0' });
    event(6, 'fill', { side: 'buy', position: { quantity: '1', cost: '100', realizedPnl: '10' } });
    expect(view()?.position.openedAt).toBe('2026-01-01T00:01:00.000Z');
  });

  it('shows at once what a person said, before the engine is asked again', async () => {
    const { snapshot, event, view } = await playedStore();
    snapshot();
    event(6, 'mode', { command: 'pause', reason: 'lunch', mode: 'paused' });
    expect(view()).toMatchObject({ mode: 'paused', pausedReason: 'lunch', haltedReason: null });
    event(7, 'mode', { command: 'halt', reason: 'fire', mode: 'halted' });
    event(8, 'mode', { command: 'pause', reason: 'ignored while halted', mode: 'halted' });
    expect(view()).toMatchObject({ mode: 'halted', pausedReason: 'lunch', haltedReason: 'fire' });
    event(9, 'mode', { command: 'resume', reason: 'out', mode: 'holding' });
    expect(view()).toMatchObject({ mode: 'holding', pausedReason: null, haltedReason: null });
  });

  it('knows after a reload who paused and halted it, and forgets that with the end', async () => {
    const { snapshot, event, say, view } = await playedStore();
    const pause = { command: 'pause', reason: 'lunch', by: 'Kim', at: '2026-01-01T00:00:00.000Z' };
    snapshot(5, POSITION, { mode: 'paused', pausedReason: 'lunch', stops: [pause] });
    expect(view()?.stops).toEqual([pause]);
    event(6, 'mode', { command: 'halt', reason: 'fire', by: 'Lee', mode: 'halted' });
    const halt = { command: 'halt', reason: 'fire', by: 'Lee', at: '2026-01-01T00:01:00.000Z' };
    expect(view()?.stops).toEqual([halt, pause]);
    // Of a moment before the pause: what the journal said stays.
    say('symbol:KRW-BTC', 'state', { at: '', data: { mode: 'holding', openOrders: [] } });
    expect(view()?.stops).toEqual([halt, pause]);
    event(7, 'mode', { command: 'resume', reason: 'out', by: 'Kim', mode: 'holding' });
    expect(view()?.stops).toEqual([]);
  });

  it('starts from the close of the newest candle, until a trade is heard', async () => {
    const { store, world, snapshot, say } = await playedStore();
    const price = () => store.price('KRW-BTC').value;
    snapshot(5, POSITION, { lastClose: null });
    expect(price()).toBeUndefined();
    const closedAt = '2026-01-01T00:03:00.000Z';
    snapshot(5, POSITION, { lastClose: { price: '149', at: closedAt } });
    expect(price()).toEqual({ value: '149', closedAt, heardAt: 1_000 });
    world.now = 5_000;
    say('symbol:KRW-BTC', 'tick', { price: '151', at: '2026-01-01T00:05:00.000Z' });
    snapshot(6, POSITION, { lastClose: { price: '149', at: closedAt } });
    expect(price()).toEqual({ value: '151', heardAt: 5_000 });
  });

  it('shows a halt by the supervisor, whose row has no command', async () => {
    const { snapshot, event, view } = await playedStore();
    snapshot();
    event(6, 'mode', { haltedReason: 'crashed', by: 'supervisor' });
    expect(view()).toMatchObject({ mode: 'halted', haltedReason: 'crashed' });
  });

  it('keeps exits and checks over a snapshot, which does not know them, and drops them when the engine says so', async () => {
    const { snapshot, say, view } = await playedStore();
    const state = { mode: 'holding', openOrders: [], exits: { stop: '90', target: '110', stopReason: 'STOP_LOSS' } };
    const explain = { ok: true, decision: 'HOLD', reason: 'POSITION', regime: 'BULL', at: '', checks: [] };
    snapshot();
    say('symbol:KRW-BTC', 'state', { at: '', data: { ...state, explain } });
    snapshot(9);
    expect(view()).toMatchObject({ exits: { stop: '90' }, explain: { decision: 'HOLD' }, position: { version: 9 } });
    say('symbol:KRW-BTC', 'state', { at: '', data: { ...state, exits: null, explain: { ok: false, error: {} } } });
    expect(view()).toMatchObject({ exits: null, explain: null });
  });

  it('is as old as the last word of the engine, whatever the journal brings after it', async () => {
    const { store, world, snapshot, event, say } = await playedStore();
    const heardAt = () => store.symbol('KRW-BTC').value?.heardAt;
    snapshot();
    world.now = 2_000;
    event(6, 'order', {});
    expect(heardAt()).toBe(2_000);
    world.now = 3_000;
    say('symbol:KRW-BTC', 'state', { at: '', data: { mode: 'holding', openOrders: [] } });
    world.now = 9_000;
    event(7, 'order', {});
    expect(heardAt()).toBe(3_000);
    snapshot(8);
    expect(heardAt()).toBe(3_000);
    say('symbol:KRW-BTC', 'state', { at: '', data: { mode: 'holding', openOrders: [] } });
    expect(heardAt()).toBe(9_000);
  });

  it('tells a listener each event until it stops', async () => {
    const { store, event } = await playedStore();
    const heard: number[] = [];
    const stop = store.onEvent('KRW-BTC', ({ seq }) => heard.push(seq));
    event(6, 'order', {});
    event(7, 'order', {});
    stop();
    event(8, 'order', {});
    expect(heard).toEqual([6, 7]);
  });

  it('ages its price by this browser and lets market time only rise', async () => {
    const { store, world, say } = await playedStore();
    world.now = 5_000;
    say('symbol:KRW-BTC', 'tick', { price: '151', at: '2026-01-01T00:05:00.000Z' });
    say('symbol:KRW-BTC', 'tick', { price: '152', at: '2026-01-01T00:04:00.000Z' });
    expect(store.price('KRW-BTC').value).toEqual({ value: '152', heardAt: 5_000 });
    expect(store.marketTime.value).toBe('2026-01-01T00:05:00.000Z');
  });
});

describe('account, cluster and events in the store', () => {
  it('has no account before it was valued, then follows snapshot and events without making the value look younger', async () => {
    const { store, world, say } = await playedStore();
    say('account', 'snapshot', { seq: 1, data: { ...ACCOUNT, cash: '1' } });
    expect(store.account.value).toBeUndefined();
    say('account', 'state', { at: '', data: ACCOUNT });
    world.now = 9_000;
    say('account', 'event', {
      stream: 'account',
      seq: 2,
      kind: 'risk',
      at: '',
      id: 'x',
      command: 'halt',
      reason: 'why',
    });
    expect(store.account.value).toMatchObject({ heardAt: 1_000, value: { equity: '1500', halted: 'why' } });
  });

  it('knows after a reload who halted the account, though it was valued later', async () => {
    const { store, say } = await playedStore();
    const halt = { command: 'halt', reason: 'audit', by: 'Kim', at: '2026-01-01T00:00:00.000Z' };
    say('account', 'snapshot', { seq: 1, data: { ...ACCOUNT, halted: 'audit', stops: [halt] } });
    say('account', 'state', { at: '', data: { ...ACCOUNT, halted: 'audit' } });
    expect(store.account.value?.value.stops).toEqual([halt]);
    const row = { stream: 'account', seq: 2, kind: 'risk', at: halt.at, id: 'x' };
    say('account', 'event', { ...row, command: 'resume', reason: 'done' });
    say('account', 'state', { at: '', data: ACCOUNT });
    expect(store.account.value?.value.stops).toEqual([]);
  });

  it('shows the Pods as the ledger has them, so that none looks alive when no engine is left to answer', async () => {
    const { store, world, say } = await playedStore();
    world.now = Date.parse('2026-01-01T00:01:00.000Z');
    const pods = () => store.cluster.value?.value.pods;
    const dead = { pod: 'a', draining: false, live: false, heartbeatAt: '2026-01-01T00:00:25.000Z' };
    say('cluster', 'snapshot', { seq: 1, data: { pods: [dead, { pod: 'b', live: true }], symbols: [] } });
    expect(pods()).toMatchObject([
      { pod: 'a', live: false, heartbeatAgeMs: 35_000 },
      { pod: 'b', live: true, heartbeatAgeMs: null },
    ]);
    say('cluster', 'state', { at: '', data: { pods: [{ pod: 'a', live: true, heartbeatAgeMs: 400 }], symbols: [] } });
    say('cluster', 'snapshot', { seq: 2, data: { pods: [dead], symbols: [] } });
    expect(pods()).toMatchObject([{ live: false, heartbeatAgeMs: 35_000 }]);
  });

  it('follows a symbol that is added while the page is open', async () => {
    const { store, channels, say } = await playedStore();
    say('cluster', 'state', {
      at: '',
      data: { pods: [], symbols: ['KRW-BTC', 'KRW-ETH'].map((symbol) => ({ symbol, owner: 'a', epoch: 1 })) },
    });
    expect(store.symbols.value).toEqual(['KRW-BTC', 'KRW-ETH']);
    expect(channels.has('symbol:KRW-ETH')).toBe(true);
  });

  it('drops a symbol that is removed while the page is open, and begins anew when it comes back', async () => {
    const { store, channels, snapshot, say } = await playedStore();
    const list = (...names: string[]): void =>
      say('cluster', 'snapshot', { seq: 1, data: { pods: [], symbols: names.map((symbol) => ({ symbol })) } });
    snapshot();
    list('KRW-ETH');
    expect(store.symbols.value).toEqual(['KRW-ETH']);
    expect(channels.has('symbol:KRW-BTC')).toBe(false);
    list('KRW-ETH', 'KRW-BTC');
    expect(store.symbols.value).toEqual(['KRW-BTC', 'KRW-ETH']);
    expect(store.symbol('KRW-BTC').value).toBeUndefined();
    snapshot();
    expect(store.symbol('KRW-BTC').value).toBeDefined();
  });

  it('lists an event once, though history and feed both have it, newest first', async () => {
    const { store, event, say } = await playedStore();
    event(6, 'decision', { decision: 'ENTER' });
    const row = (seq: number, at: string): FeedEvent => ({
      stream: 'KRW-BTC',
      seq,
      kind: 'decision',
      at,
      id: `${seq}`,
    });
    const recent = [row(4, '2026-01-01T00:00:00.000Z'), row(6, '2026-01-01T00:01:00.000Z')];
    say('decisions', 'snapshot', { seq: 0, data: { recent } });
    expect(store.decisions.value.map(({ seq }) => seq)).toEqual([6, 4]);
  });

  it('keeps no more than 200 events', async () => {
    const { store, event } = await playedStore();
    for (let seq = 1; seq <= 230; seq += 1) event(seq, 'order', {});
    expect(store.events.value.length).toBe(200);
    expect(store.events.value[0]?.seq).toBe(230);
  });

  it('ends the equity curve with the account as it is valued now', async () => {
    const { store, say } = await playedStore();
    say('account', 'state', { at: '', data: { ...ACCOUNT, deposits: '1200', withdrawals: '300' } });
    say('symbol:KRW-BTC', 'tick', { price: '151', at: '2026-01-02T00:00:00.000Z' });
    expect(store.equity.value?.points.at(-1)).toEqual({
      at: '2026-01-02T00:00:00.000Z',
      equity: '1500',
      cash: '1000',
      netDeposits: '900',
    });
  });
});

describe('connection and access', () => {
  it('says since when it is lost, and nothing once it lives again', async () => {
    const { store, world } = await playedStore();
    world.status?.({ connection: 'lost', lostAt: 4_000, unauthorized: false });
    expect([store.connection.value, store.lostAt.value]).toEqual(['lost', 4_000]);
    world.status?.({ connection: 'live', lostAt: null, unauthorized: false });
    expect([store.connection.value, store.lostAt.value]).toEqual(['live', null]);
  });

  it('asks for a token, refuses a wrong one, and goes on with the right one', async () => {
    const { store, world, channels } = await playedStore({ allowed: 'right' });
    expect([store.access.value, channels.size]).toEqual(['asked', 0]);
    world.token = 'wrong';
    await store.start();
    expect(store.access.value).toBe('refused');
    world.token = 'right';
    await store.start();
    expect([store.access.value, channels.has('account')]).toEqual(['open', true]);
  });

  it('asks again when the feed refuses a token that was good before', async () => {
    const { store, world } = await playedStore();
    world.status?.({ connection: 'lost', lostAt: 1, unauthorized: true });
    expect(store.access.value).toBe('asked');
  });
});

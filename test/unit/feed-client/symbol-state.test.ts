/** A symbol folded from its channel says what the engine's own view would say. */
import { describe, expect, it } from 'vitest';
import {
  afterEvent,
  type FeedEvent,
  type SymbolLive,
  type SymbolSnapshot,
  type SymbolState,
  symbolState,
  withLive,
} from '../../../gateway/client/index.ts';

const SNAPSHOT: SymbolSnapshot = {
  symbol: 'KRW-BTC',
  position: {
    symbol: 'KRW-BTC',
    quantity: '0',
    cost: '0',
    averagePrice: null,
    realizedPnl: '5',
    version: 3,
    regime: 'BULL',
    highWaterMark: null,
    openedAt: null,
  },
  mode: 'flat',
  pausedReason: null,
  haltedReason: null,
  stops: [],
  owner: 'pod-1',
  epoch: 2,
  openOrders: [],
  lastClose: null,
};
const START = symbolState({ seq: 3, data: SNAPSHOT });

const row = (seq: number, kind: string, fields: Record<string, unknown>): FeedEvent => ({
  stream: 'KRW-BTC',
  seq,
  kind,
  at: `2026-01-31T09:00:0${seq}.000Z`,
  id: `id-${seq}`,
  ...fields,
});
const fill = (seq: number, quantity: string, cost: string, realizedPnl = '5') =>
  row(seq, 'fill', { position: { quantity, cost, realizedPnl } });
const folded = (...events: readonly FeedEvent[]): SymbolState => events.reduce(afterEvent, START);

describe('the state of a symbol', () => {
  it('takes the position from each fill, and derives the average price exactly', () => {
    expect(folded(fill(4, '2', '100'), fill(5, '3', '200')).position).toEqual({
      ...SNAPSHOT.position,
      quantity: '3',
      cost: '200',
      averagePrice: '66.66666667',
      version: 5,
      openedAt: '2026-01-31T09:00:04.000Z',
    });
  });

  it('of a position that was closed has no price, mark or opening left', () => {
    const { position } = folded(fill(4, '2', '100'), fill(5, '0', '0', '12'));
    expect(position).toEqual({ ...SNAPSHOT.position, realizedPnl: '12', version: 5 });
  });

  it('is the same for an event that it contains', () => {
    expect(afterEvent(START, fill(3, '9', '9'))).toBe(START);
  });

  it('counts rows that change neither position nor mode', () => {
    const { seq, position, mode } = folded(row(4, 'decision', {}), row(5, 'order', { mode: 'not a mode' }));
    expect([seq, position.version, mode]).toEqual([5, 5, 'flat']);
  });

  it('follows pause, halt and resume', () => {
    const pause = row(4, 'mode', { command: 'pause', reason: 'lunch', mode: 'paused' });
    const halt = row(5, 'mode', { command: 'halt', reason: 'fire', mode: 'halted' });
    const resume = row(6, 'mode', { command: 'resume', reason: 'out', mode: 'flat' });
    expect(folded(pause)).toMatchObject({ mode: 'paused', pausedReason: 'lunch', haltedReason: null });
    expect(folded(pause, halt)).toMatchObject({ mode: 'halted', pausedReason: 'lunch', haltedReason: 'fire' });
    expect(folded(pause, halt, resume)).toMatchObject({ mode: 'flat', pausedReason: null, haltedReason: null });
  });

  it('keeps who said so and when, the newest of each, as long as it holds', () => {
    const pause = row(4, 'mode', { command: 'pause', reason: 'lunch', by: 'Kim' });
    const again = row(5, 'mode', { command: 'pause', reason: 'long lunch', by: 'Lee' });
    const halt = row(6, 'mode', { command: 'halt', reason: 'fire' });
    const flatten = row(7, 'mode', { command: 'flatten', reason: 'fire', by: 'Park' });
    const ignored = row(8, 'mode', { command: 'pause', reason: 'halted already', by: 'Kim' });
    const paused = { command: 'pause', reason: 'long lunch', by: 'Lee', at: again.at };
    const halted = { command: 'halt', reason: 'fire', by: null, at: halt.at };
    expect(folded(pause, again).stops).toEqual([paused]);
    expect(folded(pause, again, halt, flatten, ignored).stops).toEqual([halted, paused]);
    expect(folded(pause, halt, row(9, 'mode', { command: 'resume', reason: 'out' })).stops).toEqual([]);
  });

  it('names the supervisor that halted it, and keeps a pause over the end of that halt', () => {
    const pause = row(4, 'mode', { command: 'pause', reason: 'lunch', by: 'Kim' });
    const halt = row(5, 'mode', { haltedReason: 'crashes', by: 'supervisor' });
    const end = row(6, 'mode', { haltedReason: null, resumeReason: 'mended', by: 'supervisor' });
    const paused = { command: 'pause', reason: 'lunch', by: 'Kim', at: pause.at };
    const halted = { command: 'halt', reason: 'crashes', by: 'supervisor', at: halt.at };
    expect(folded(pause, halt).stops).toEqual([halted, paused]);
    expect(folded(pause, halt, end).stops).toEqual([paused]);
  });

  it('is not paused by a pause while halted: it changes nothing', () => {
    const halt = row(4, 'mode', { command: 'halt', reason: 'fire', mode: 'halted' });
    const pause = row(5, 'mode', { command: 'pause', reason: 'lunch', mode: 'halted' });
    expect(folded(halt, pause)).toMatchObject({ mode: 'halted', pausedReason: null, haltedReason: 'fire' });
  });

  it('follows the halt of a supervisor and its end', () => {
    const halt = row(4, 'mode', { haltedReason: 'crashes', by: 'supervisor' });
    const end = row(5, 'mode', { haltedReason: null, resumeReason: 'mended', by: 'supervisor' });
    expect(folded(halt)).toMatchObject({ mode: 'halted', haltedReason: 'crashes' });
    expect(folded(halt, end)).toMatchObject({ mode: 'starting', haltedReason: null });
  });

  it('keeps mode and reasons when somebody flattens or resolves', () => {
    const flatten = row(4, 'mode', { command: 'flatten', reason: 'out' });
    const resolve = row(5, 'mode', { command: 'resolve', reason: 'seen at the venue' });
    expect(folded(flatten, resolve)).toMatchObject({ seq: 5, mode: 'flat', pausedReason: null, haltedReason: null });
  });

  it('takes the mode of now from a state message', () => {
    const live: SymbolLive = {
      mode: 'holding',
      owner: 'pod-1',
      epoch: 2,
      pausedReason: null,
      haltedReason: null,
      openOrders: [],
      exits: null,
      highWaterMark: '123',
      explain: null,
    };
    const position = { ...START.position, highWaterMark: '123' };
    expect(withLive(START, live)).toEqual({ ...START, position, mode: 'holding' });
  });
});

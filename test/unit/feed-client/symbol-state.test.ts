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
  owner: 'pod-1',
  epoch: 2,
  openOrders: [],
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

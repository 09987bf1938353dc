/** Market data of the bus reaches its symbol once and in order, whoever says it how often. */
import { beforeEach, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../domain/candle.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { MarketEvent } from '../../../protocol/ports/market.ts';
import { Subjects } from '../../../protocol/subjects.ts';
import { PodStats } from '../../../supervisors/pod-stats.ts';
import { MarketBus } from '../../../supervisors/roles/market-bus.ts';
import type { SymbolHost } from '../../../supervisors/symbol-host.ts';
import { FakeBusServer } from '../../support/fake-bus.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

const SYMBOL = 'KRW-BTC';
const START = Date.UTC(2026, 0, 5);

let heard: string[];
let server: FakeBusServer;
let stats: PodStats;

/** `candle 3`, or the second of a trade. */
function wordOf(event: MarketEvent): string {
  if (event.type === 'candle') return `candle ${(event.candle.openTime - START) / MINUTE_MS} ${event.inside}`;
  return `trade ${(event.trade.at - START) / 1_000}`;
}

beforeEach(() => {
  const clock = new FakeClock();
  server = new FakeBusServer(clock);
  stats = new PodStats();
  heard = [];
  const market = async (event: MarketEvent): Promise<void> => {
    heard.push(wordOf(event));
  };
  const host = { symbol: SYMBOL, market } as unknown as SymbolHost;
  new MarketBus({
    bus: server.connect(),
    subjects: new Subjects(),
    hosts: new Map([[SYMBOL, host]]),
    account: () => undefined,
    intake: { decided: () => undefined, observeTime: () => undefined },
    stats,
    clock,
    log: new RecordingLog(),
  });
});

function trade(second: number, price = '100'): void {
  const at = new Date(START + second * 1_000).toISOString();
  const body = { symbol: SYMBOL, tradeId: String(second), price, quantity: '1', at };
  server.connect().publish(`cp.market.${SYMBOL}.trade`, JSON.stringify(body));
}

function candle(minute: number, low = '100'): void {
  const openTime = new Date(START + minute * MINUTE_MS).toISOString();
  const body = {
    symbol: SYMBOL,
    unit: '1m',
    openTime,
    open: '100',
    high: '100',
    low,
    close: '100',
    volume: '1',
  };
  server.connect().publish(`cp.market.${SYMBOL}.candle`, JSON.stringify(body));
}

describe('market data of the bus', () => {
  it('is heard once when a new collector begins its minute anew', async () => {
    candle(0);
    trade(70);
    trade(80);
    // Another one takes over: the last candle again, then the minute from its start.
    candle(0);
    trade(70);
    trade(90);
    candle(1);
    await settled();
    expect(heard).toEqual(['candle 0 path', 'trade 70', 'trade 80', 'trade 90', 'candle 1 trades']);
    expect(stats.repeatedMarketEvents).toBe(2);
  });

  it('is not heard late: what a frozen collector had on its way belongs to the past', async () => {
    candle(0);
    candle(1);
    trade(65);
    await settled();
    expect(heard).toEqual(['candle 0 path', 'candle 1 path']);
  });

  it('is the whole candle when a trade at one of its ends was lost on its way', async () => {
    candle(0);
    trade(70);
    candle(1, '90');
    trade(130);
    trade(140, '90');
    candle(2, '90');
    await settled();
    expect(heard.filter((word) => word.startsWith('candle'))).toEqual([
      'candle 0 path',
      'candle 1 path',
      'candle 2 trades',
    ]);
  });

  it.each(['waits too', 'has yet to come'])(
    'is the whole candle when a trade was dropped and its candle %s',
    async (when) => {
      candle(0);
      trade(70, '90');
      trade(71);
      if (when === 'waits too') candle(1, '90');
      // As many as may wait, of the next minute or of the same one.
      for (let count = 0; count < LIMITS.marketQueueMax; count += 1) trade(when === 'waits too' ? 130 : 80);
      if (when === 'has yet to come') candle(1, '90');
      await settled();
      expect(stats.droppedTicks).toBeGreaterThan(0);
      expect(heard).not.toContain('trade 70');
      expect(heard).toContain('candle 1 path');
    },
  );

  it('is the whole candle when its end was heard in the minute before alone', async () => {
    candle(0);
    trade(70, '90');
    trade(130);
    candle(2, '90');
    await settled();
    expect(heard.at(-1)).toBe('candle 2 path');
  });

  it('of one instant is heard as often as it happened', async () => {
    candle(0);
    trade(70);
    trade(70);
    await settled();
    expect(heard.slice(1)).toEqual(['trade 70', 'trade 70']);
  });

  it('goes on after a trade with a time that is wrong', async () => {
    candle(0);
    trade(1_000_000);
    candle(1);
    trade(130);
    await settled();
    expect(heard.at(-1)).toBe('trade 130');
  });
});

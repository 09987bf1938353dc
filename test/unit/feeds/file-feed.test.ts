import { describe, expect, it } from 'vitest';
import { FileFeed } from '../../../adapters/feeds/file-feed.ts';
import type { MarketEvent } from '../../../protocol/ports/market.ts';
import { candlesOf, collect, ManualClock, RecordingLog, temporaryFiles, timeOf } from './support.ts';

const file = temporaryFiles();
const START = Date.UTC(2022, 0, 1);

async function open(...paths: string[]): Promise<FileFeed> {
  const sources = paths.map((path) => ({ path }));
  return FileFeed.open({ sources, speed: 'max', clock: new ManualClock(), log: new RecordingLog() });
}

function candleFile(minutes: readonly number[]): string {
  const rows = minutes.map((minute) => `${START + minute * 60_000},10,12,9,${10 + (minute % 2)},1`);
  return `timestamp,open,high,low,close,volume\n${rows.join('\n')}\n`;
}

function tradeFile(seconds: readonly number[]): string {
  const rows = seconds.map((second, index) => `${START + second * 1_000},${index},${10 + index},1`);
  return `ts_ms,id,price,amount\n${rows.join('\n')}\n`;
}

/** What a restart must deliver: everything behind the minute stored. */
function behind(events: readonly MarketEvent[], stored: number): MarketEvent[] {
  return events.filter((event) =>
    event.type === 'candle' ? event.candle.openTime > stored : event.trade.at >= stored + 60_000,
  );
}

describe('a file feed', () => {
  it('goes on after any stored candle with exactly the rest, flat candles included', async () => {
    const feed = await open(await file('KRW-CANDLES.csv', candleFile([0, 1, 4, 5, 9])));
    const all = await collect(feed);
    expect(candlesOf(all)).toHaveLength(10);
    for (let minute = 0; minute < 10; minute += 1) {
      const stored = START + minute * 60_000;
      expect(await collect(feed, { after: new Map([['KRW-CANDLES', stored]]) })).toEqual(behind(all, stored));
    }
  });

  it('goes on after any stored candle in the midst of trades', async () => {
    const feed = await open(await file('KRW-TRADES.csv', tradeFile([0, 30, 59, 60, 200, 239, 240, 241])));
    const all = await collect(feed);
    expect(candlesOf(all).map(({ volume }) => volume)).toEqual([3, 1, 0, 2, 2]);
    for (let minute = 0; minute < 5; minute += 1) {
      const stored = START + minute * 60_000;
      expect(await collect(feed, { after: new Map([['KRW-TRADES', stored]]) })).toEqual(behind(all, stored));
    }
  });

  it('merges symbols of several files by time, each as far as it is recorded', async () => {
    const feed = await open(
      await file('KRW-LONG.csv', candleFile([0, 1, 2, 3])),
      await file('KRW-SHORT.csv', candleFile([1, 2])),
      await file('KRW-TICK.csv', tradeFile([70, 150, 190])),
    );
    expect(feed.symbols).toEqual(['KRW-LONG', 'KRW-TICK', 'KRW-SHORT']);
    const events = await collect(feed);
    const times = events.map(timeOf);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(candlesOf(events, 'KRW-SHORT')).toHaveLength(2);
    expect(candlesOf(events, 'KRW-TICK').map(({ volume }) => volume)).toEqual([1, 1, 1]);
  });

  it('has no history: a recording begins with its first candle', async () => {
    const feed = await open(await file('KRW-HISTORY.csv', candleFile([0, 1])));
    expect(await feed.history()).toEqual([]);
  });

  it('refuses a symbol that comes as candles and as trades', async () => {
    const paths = [await file('KRW-TWO.csv', candleFile([0, 1])), await file('KRW-TWO-trades.csv', tradeFile([30]))];
    await expect(open(...paths)).rejects.toThrow(/KRW-TWO comes as \w+s here and as \w+s elsewhere/);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses speed %s', async (speed) => {
    const path = await file('KRW-SPEED.csv', candleFile([0]));
    const options = { sources: [{ path }], speed, clock: new ManualClock(), log: new RecordingLog() };
    await expect(FileFeed.open(options)).rejects.toThrow('a speed is a positive number');
  });
});

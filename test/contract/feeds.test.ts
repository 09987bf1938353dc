/** One suite for every feed that can be had without a network: what a receiver may rely on whatever stands behind it. */
import { describe, expect, it } from 'vitest';
import { DemoFeed } from '../../adapters/feeds/demo-feed.ts';
import { DEMO_LIVE_START } from '../../adapters/feeds/demo-market.ts';
import { FileFeed } from '../../adapters/feeds/file-feed.ts';
import type { Speed } from '../../adapters/feeds/pacer.ts';
import { closeTime, MINUTE_MS } from '../../domain/candle.ts';
import type { Feed, MarketEvent, MarketSink } from '../../protocol/ports/market.ts';
import { candlesOf, collect, ManualClock, RecordingLog, temporaryFiles, timeOf } from '../unit/feeds/support.ts';

const file = temporaryFiles();
const SYMBOLS = ['KRW-BTC', 'KRW-XRP'];
const START = Date.UTC(2026, 0, 5);
/** Enough for each feed to have closed more than ten minutes of each symbol. */
const EVENTS = 300;

interface Implementation {
  readonly name: string;
  open(options?: { readonly speed?: Speed; readonly clock?: ManualClock }): Promise<Feed>;
}

const IMPLEMENTATIONS: readonly Implementation[] = [
  {
    name: 'DemoFeed',
    open: async ({ speed = 'max', clock = new ManualClock() } = {}) =>
      new DemoFeed({ symbols: SYMBOLS, seed: 1, speed, clock, log: new RecordingLog() }),
  },
  {
    name: 'FileFeed of trades',
    open: async ({ speed = 'max', clock = new ManualClock() } = {}) => {
      const rows = Array.from({ length: 600 }, (_, index) => {
        const at = START + index * 7_001 + (index % 9 === 0 ? 130_000 : 0);
        return `${new Date(at).toISOString()},${SYMBOLS[index % 2]},${100 + (index % 13)},${1 + (index % 3)}`;
      });
      const path = await file('trades.csv', `ts_utc,market,price,volume\n${rows.join('\n')}\n`);
      return FileFeed.open({ sources: [{ path }], speed, clock, log: new RecordingLog() });
    },
  },
  {
    name: 'FileFeed of candles',
    open: async ({ speed = 'max', clock = new ManualClock() } = {}) => {
      const sources = await Promise.all(
        SYMBOLS.map(async (symbol, place) => {
          const rows = Array.from({ length: 200 }, (_, minute) => minute)
            .filter((minute) => minute % (7 + place) !== 3)
            .map((minute) => `${START + minute * MINUTE_MS},10,12,9,${10 + (minute % 3)},1`);
          return { path: await file(`${symbol}.csv`, `ts,open,high,low,close,volume\n${rows.join('\n')}\n`) };
        }),
      );
      return FileFeed.open({ sources, speed, clock, log: new RecordingLog() });
    },
  },
];

describe.each(IMPLEMENTATIONS)('feed contract: $name', ({ open }) => {
  const split = (events: readonly MarketEvent[], symbol: string) => events.filter((event) => event.symbol === symbol);

  it('names its symbols and delivers each of them', async () => {
    const feed = await open();
    expect([...feed.symbols].sort()).toEqual(SYMBOLS);
    for (const symbol of SYMBOLS) {
      expect(candlesOf(await collect(feed, { most: EVENTS }), symbol).length).toBeGreaterThan(10);
    }
  });

  it('delivers each symbol in order of time, a candle behind its trades', async () => {
    const events = await collect(await open(), { most: EVENTS });
    for (const symbol of SYMBOLS) {
      const own = split(events, symbol);
      const times = own.map(timeOf);
      expect(times).toEqual([...times].sort((one, other) => one - other));
      let closed = 0;
      for (const event of own) {
        if (event.type === 'trade') expect(event.trade.at).toBeGreaterThanOrEqual(closed);
        else closed = closeTime(event.candle);
      }
    }
  });

  it('delivers closed candles of whole minutes, none twice', async () => {
    const events = await collect(await open(), { most: EVENTS });
    for (const symbol of SYMBOLS) {
      const openTimes = candlesOf(events, symbol).map(({ openTime }) => openTime);
      expect(openTimes.every((openTime) => openTime % MINUTE_MS === 0)).toBe(true);
      expect(new Set(openTimes).size).toBe(openTimes.length);
    }
  });

  it('delivers trades inside candles exactly when it says so', async () => {
    const events = await collect(await open(), { most: EVENTS });
    for (const symbol of SYMBOLS) {
      const own = split(events, symbol);
      const insides = new Set(own.flatMap((event) => (event.type === 'candle' ? [event.inside] : [])));
      const hasTrades = own.some(({ type }) => type === 'trade');
      expect([...insides]).toEqual([hasTrades ? 'trades' : 'path']);
    }
  });

  it('has a history in order that ends before the first delivery', async () => {
    const feed = await open();
    const events = await collect(feed, { most: EVENTS });
    for (const symbol of SYMBOLS) {
      const history = (await feed.history(symbol, undefined)).map(({ openTime }) => openTime);
      expect(history).toEqual([...new Set(history)].sort((one, other) => one - other));
      const first = candlesOf(events, symbol)[0]?.openTime ?? 0;
      expect(history.every((openTime) => openTime < first)).toBe(true);
    }
  });

  it('goes on after what is stored with exactly the rest, also when symbols stopped at different minutes', async () => {
    const all = await collect(await open(), { most: EVENTS });
    const after = new Map(
      SYMBOLS.map((symbol, place) => [symbol, candlesOf(all, symbol)[3 + 4 * place]?.openTime ?? 0]),
    );
    const rest = await collect(await open(), { after, most: EVENTS });
    for (const symbol of SYMBOLS) {
      const stored = after.get(symbol) ?? 0;
      const expected = split(all, symbol).filter((event) =>
        event.type === 'candle' ? event.candle.openTime > stored : event.trade.at >= stored + MINUTE_MS,
      );
      const shared = Math.min(expected.length, split(rest, symbol).length);
      expect(shared).toBeGreaterThan(5);
      expect(split(rest, symbol).slice(0, shared)).toEqual(expected.slice(0, shared));
      expect(await (await open()).history(symbol, stored)).toEqual([]);
    }
  });

  it('delivers the same again, to the byte', async () => {
    const [one, other] = [await collect(await open(), { most: EVENTS }), await collect(await open(), { most: EVENTS })];
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
  });

  it('never hands a symbol an event while the one before it is unanswered', async () => {
    const busy = new Set<string>();
    const overlaps: string[] = [];
    const abort = new AbortController();
    let count = 0;
    const sink: MarketSink = {
      deliver: async ({ symbol }) => {
        if (busy.has(symbol)) overlaps.push(symbol);
        busy.add(symbol);
        await new Promise(setImmediate);
        busy.delete(symbol);
        count += 1;
        if (count === 100) abort.abort();
      },
    };
    expect(await (await open()).run(sink, new Map(), abort.signal)).toBe('aborted');
    expect(overlaps).toEqual([]);
    expect(busy.size).toBe(0);
  });

  it('stops with the error of a receiver that fails', async () => {
    let count = 0;
    const sink: MarketSink = {
      deliver: async () => {
        count += 1;
        if (count >= 20) throw new Error('the owner is gone');
      },
    };
    const run = (await open()).run(sink, new Map(), new AbortController().signal);
    await expect(run).rejects.toThrow('the owner is gone');
    const atRejection = count;
    await new Promise(setImmediate);
    expect(count).toBe(atRejection);
  });

  it('stops at once when it is aborted in a wait', async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const feed = await open({ speed: 1, clock });
    const run = feed.run({ deliver: async () => undefined }, new Map(), abort.signal);
    while (clock.pending === 0) await new Promise(setImmediate);
    abort.abort();
    expect(await run).toBe('aborted');
    expect(clock.pending).toBe(0);
  });
});

describe('DemoFeed', () => {
  const open = () =>
    new DemoFeed({ symbols: ['KRW-SOL'], seed: 1, speed: 'max', clock: new ManualClock(), log: new RecordingLog() });

  it('has 210 hours of history that lead up to the first live minute', async () => {
    const history = await open().history('KRW-SOL', undefined);
    const full = (210 * 3_600_000) / MINUTE_MS;
    // Minutes without trades are missing: 0.4 %.
    expect(history.length).toBeGreaterThan(full * 0.99);
    expect(history.length).toBeLessThan(full);
    expect(history.at(0)?.openTime).toBeLessThan(DEMO_LIVE_START - 209 * 3_600_000);
    expect(DEMO_LIVE_START - (history.at(-1)?.openTime ?? 0)).toBeLessThanOrEqual(5 * MINUTE_MS);
  });

  it('hands out the rest of a history that was stored in part', async () => {
    const history = await open().history('KRW-SOL', undefined);
    const stored = history[5_000]?.openTime;
    expect(await open().history('KRW-SOL', stored)).toEqual(history.slice(5_001));
  });

  it('spreads the trades of a minute over it at its speed', async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const feed = new DemoFeed({ symbols: ['KRW-SOL'], seed: 1, speed: 60, clock, log: new RecordingLog() });
    const arrivals: { market: number; wall: number }[] = [];
    const sink: MarketSink = {
      deliver: async (event) => {
        arrivals.push({ market: timeOf(event), wall: clock.monotonic() });
        if (arrivals.length === 40) abort.abort();
      },
    };
    let running = true;
    const run = feed.run(sink, new Map(), abort.signal).finally(() => {
      running = false;
    });
    while (running) {
      await new Promise(setImmediate);
      clock.advance();
    }
    expect(await run).toBe('aborted');
    const [first] = arrivals;
    for (const { market, wall } of arrivals) {
      // Waits below a millisecond are left out.
      expect(Math.abs(wall - (first?.wall ?? 0) - (market - (first?.market ?? 0)) / 60)).toBeLessThanOrEqual(1);
    }
  });
});

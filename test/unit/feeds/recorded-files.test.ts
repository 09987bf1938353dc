import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FileFeed } from '../../../adapters/feeds/file-feed.ts';
import { hasSharedData, sharedFile } from '../../support/shared-data.ts';
import { CollectingSink, candlesOf, collect, ManualClock, RecordingLog, temporaryFiles } from './support.ts';

const file = temporaryFiles();
const START = Date.UTC(2022, 0, 1);

async function open(path: string, symbol?: string) {
  const log = new RecordingLog();
  const source = symbol === undefined ? { path } : { path, symbol };
  const feed = await FileFeed.open({ sources: [source], speed: 'max', clock: new ManualClock(), log });
  return { feed, log, events: await collect(feed) };
}

function candle(minute: number, close = 10, volume = 1) {
  return { openTime: START + minute * 60_000, open: 10, high: 12, low: 9, close, volume };
}

const CSV = 'timestamp,open,high,low,close,volume\n';

describe('recorded candles', () => {
  it.each([
    ['times without a zone', `${CSV}2022-01-01 00:00:00.000000,10,12,9,10,1\n2022-01-01 00:01:00,10,12,9,11,1\n`],
    ['seconds', `time,open,high,low,close,volume\n${START / 1e3},10,12,9,10,1\n${START / 1e3 + 60},10,12,9,11,1`],
    [
      'Windows line ends and a byte order mark',
      `\uFEFFts,Open,High,Low,Close,Volume\r\n${START},10,12,9,10,1\r\n${START + 60_000},10,12,9,11,1\r\n`,
    ],
    [
      'other columns, quotes and blank lines',
      `date,x,volume,low,high,close,open\n"2022-01-01",,1,9,12,10,10\n\n2022-01-01T00:01Z,,1,9,12,11,10\n\n`,
    ],
    [
      'freqtrade arrays',
      JSON.stringify([
        [START, 10, 12, 9, 10, 1],
        [START + 60_000, 10, 12, 9, 11, 1],
      ]),
    ],
  ])('are read with %s', async (name, content) => {
    const { events, feed } = await open(await file(`KRW-BTC-${name.length}`, content));
    expect(feed.symbols).toEqual(['KRW-BTC']);
    expect(candlesOf(events)).toEqual([candle(0), candle(1, 11)]);
    expect(events.every((event) => event.type === 'candle' && event.inside === 'path')).toBe(true);
  });

  it('are unpacked by what the file is, not by its name', async () => {
    const packed = gzipSync(`${CSV}${START},10,12,9,10,1\n`);
    const { events } = await open(await file('packed.csv', packed), 'KRW-BTC');
    expect(candlesOf(events)).toEqual([candle(0)]);
  });

  it('are read from a file longer than one chunk without losing a line at the seam', async () => {
    const lines = Array.from({ length: 20_000 }, (_, minute) => `${START + minute * 60_000},10,12,9,10,1`);
    const { feed } = await open(await file('KRW-LONG.csv', CSV + lines.join('\n')));
    const sink = new CollectingSink();
    await feed.run(sink, new Map(), new AbortController().signal);
    expect(candlesOf(sink.events).map(({ openTime }) => (openTime - START) / 60_000)).toEqual(lines.map((_, i) => i));
  });

  it("are read from Upbit's answers, newest first, and join over several files", async () => {
    const entry = (minute: number) => ({
      market: 'KRW-BTC',
      candle_date_time_utc: new Date(START + minute * 60_000).toISOString().slice(0, 19),
      candle_date_time_kst: '2022-01-01T09:00:00',
      opening_price: 10,
      high_price: 12,
      low_price: 9,
      trade_price: 10,
      candle_acc_trade_volume: 1,
      unit: 1,
    });
    const late = await file('late.json', JSON.stringify([entry(3), entry(2)]));
    const early = await file('early.json', JSON.stringify([entry(2), entry(1), entry(0)]));
    const log = new RecordingLog();
    const sources = [{ path: late }, { path: early }];
    const feed = await FileFeed.open({ sources, speed: 'max', clock: new ManualClock(), log });
    expect(candlesOf(await collect(feed))).toEqual([0, 1, 2, 3].map((minute) => candle(minute)));
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'warn', symbol: 'KRW-BTC', duplicates: 1 }));
  });

  it('get a flat candle for a missing minute, counted in the log', async () => {
    const { events, log } = await open(
      await file('KRW-GAP.csv', `${CSV}${START},10,12,9,11,1\n${START + 180_000},10,12,9,10,1\n`),
    );
    const flat = { open: 11, high: 11, low: 11, close: 11, volume: 0 };
    expect(candlesOf(events)).toEqual([
      candle(0, 11),
      { openTime: START + 60_000, ...flat },
      { openTime: START + 120_000, ...flat },
      candle(3),
    ]);
    expect(log.lines).toContainEqual(expect.objectContaining({ symbol: 'KRW-GAP', missingMinutes: 2, candles: 4 }));
  });

  it('of several symbols in one file are told apart, a quiet one closing its minutes with the others', async () => {
    const rows = [
      `${START},KRW-A`,
      `${START},KRW-B`,
      `${START + 60_000},KRW-B`,
      `${START + 120_000},KRW-B`,
      `${START + 120_000},KRW-A`,
    ];
    const content = `timestamp,market,open,high,low,close,volume\n${rows.map((row) => `${row},10,12,9,10,1`).join('\n')}`;
    const { events, feed } = await open(await file('all.csv', content));
    expect(feed.symbols).toEqual(['KRW-A', 'KRW-B']);
    const order = candlesOf(events).map(({ openTime }) => (openTime - START) / 60_000);
    expect(order).toEqual([0, 0, 1, 1, 2, 2]);
    expect(candlesOf(events, 'KRW-A')[1]?.volume).toBe(0);
  });

  it('of one symbol are picked out of a file with several', async () => {
    const content = `timestamp,market,open,high,low,close,volume\n${START},KRW-A,10,12,9,10,1\n${START},KRW-B,10,12,9,11,1\n`;
    const { events, feed } = await open(await file('two.csv', content), 'KRW-B');
    expect(feed.symbols).toEqual(['KRW-B']);
    expect(candlesOf(events)).toEqual([candle(0, 11)]);
  });
});

describe('recorded trades', () => {
  const TRADES = 'ts_utc,market,price,volume\n';

  it('are sorted, freed of doubles and built into candles', async () => {
    const content = `${TRADES}2022-01-01T00:00:01.005000Z,KRW-A,10,2\n2022-01-01T00:00:00.005Z,KRW-A,9,1\n2022-01-01T00:00:01.005000Z,KRW-A,10,2\n2022-01-01T00:01:30Z,KRW-A,12,1\n`;
    const { events, log } = await open(await file('trades.csv', content));
    expect(events.map((event) => event.type)).toEqual(['trade', 'trade', 'candle', 'trade', 'candle']);
    expect(candlesOf(events)[0]).toEqual({ openTime: START, open: 9, high: 10, low: 9, close: 10, volume: 3 });
    expect(events.every((event) => event.type === 'trade' || event.inside === 'trades')).toBe(true);
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'warn', rows: 1 }));
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', symbol: 'KRW-A', duplicates: 1, trades: 3 }),
    );
  });

  it('keep both of two trades that differ in nothing but their id', async () => {
    const { events } = await open(
      await file('KRW-A.csv', `ts_ms,id,side,price,amount,cost\n${START},1,buy,10,2,20\n${START},2,buy,10,2,20\n`),
    );
    expect(events.filter(({ type }) => type === 'trade')).toHaveLength(2);
    expect(candlesOf(events)[0]?.volume).toBe(4);
  });
});

describe('recorded data that cannot be used names file, line and what is expected', () => {
  const ok = `${START},10,12,9,10,1\n`;
  it.each([
    ['an unknown header', 'a,b,c\n1,2,3\n', ':1: header is "a,b,c"; expected a header with timestamp,open'],
    ['an empty file', '', 'is empty; expected a header'],
    ['a header alone', CSV, 'holds no candle or trade'],
    ['a word for a number', `${CSV}${ok}${START + 60_000},10,12,9,ten,1\n`, ':3: close is "ten", a number is expected'],
    ['a missing value', `${CSV}${ok}${START + 60_000},10,12,,10,1\n`, ':3: low is "", a number is expected'],
    ['a missing column', `${CSV}${ok}${START + 60_000},10,12\n`, ':3: 3 values, the header names 6 columns'],
    [
      'a time that is none',
      `${CSV}yesterday,10,12,9,10,1\n`,
      ':2: "yesterday" is not a time; expected 2026-01-05T00:00:00Z',
    ],
    [
      'a candle inside a minute',
      `${CSV}${START + 1_000},10,12,9,10,1\n`,
      ':2: candle opens at 2022-01-01T00:00:01.000Z, a full minute',
    ],
    ['a close above the high', `${CSV}${START},10,12,9,13,1\n`, ':2: open and close lie between low and high'],
    ['a price of zero', `${CSV}${START},10,12,0,10,1\n`, ':2: prices are positive'],
    ['a negative volume', `${CSV}${START},10,12,9,10,-1\n`, ':2: volume is zero or more'],
    [
      'two candles of one minute',
      `${CSV}${ok}${START},10,12,9,11,1\n`,
      ':3: another candle of KRW-X at 2022-01-01T00:00:00.000Z',
    ],
    [
      'a hole of years',
      `${CSV}${ok}${START + 400 * 86_400_000},10,12,9,10,1\n`,
      ':3: KRW-X has nothing between 2022-01-01',
    ],
    [
      'five-minute candles',
      CSV + Array.from({ length: 20 }, (_, i) => `${START + i * 300_000},10,12,9,10,1\n`).join(''),
      'are 5 minutes apart; 1-minute',
    ],
    ['broken JSON', '[\n[1,2,\n', ':3: is not JSON'],
    ['a JSON object', '{"a":1}', ':1: expected an array'],
    [
      'a short JSON entry',
      `[\n[${START},10,12,9,10,1],\n[${START + 60_000},10]\n]`,
      ':3: found [1640995260000,10]; expected [milliseconds',
    ],
    [
      'Upbit candles of three minutes',
      '[\n{"market":"KRW-X",\n"candle_date_time_utc":"2022-01-01T00:00:00","unit":3}]',
      ':2: candles of 3 minutes; 1-minute',
    ],
    ['a trade without a price', `ts_ms,id,price,amount\n${START},1,0,2\n`, ':2: price and quantity are positive'],
    [
      'a trade id used twice',
      `ts_ms,id,price,amount\n${START},1,10,2\n${START},1,11,2\n`,
      ':3: trade 1 of KRW-X is another one in line 2',
    ],
    ['bytes that only look packed', new Uint8Array([0x1f, 0x8b, 1, 2, 3, 4]), 'cannot be unpacked'],
  ])('%s', async (_, content, message) => {
    const path = await file('broken.csv', content);
    const failure = open(path, 'KRW-X');
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow(path);
  });

  it('a missing file', async () => {
    await expect(open('/nowhere/candles.csv')).rejects.toThrow('/nowhere/candles.csv: cannot be read: ENOENT');
  });

  it('a file that does not say its symbol', async () => {
    await expect(open(await file('candles.csv', CSV + ok))).rejects.toThrow('name the symbol');
  });

  it('a symbol the file does not hold', async () => {
    const path = await file('other.csv', `timestamp,market,open,high,low,close,volume\n${START},KRW-A,10,12,9,10,1\n`);
    await expect(open(path, 'KRW-B')).rejects.toThrow('holds no candle or trade of KRW-B');
  });
});

describe.skipIf(!hasSharedData)('data recorded by others (skipped without ../shared)', () => {
  it("makes the recorded candles out of the same window's trades", async () => {
    const fromTrades = await open(sharedFile('data/xrp-eth-trades.csv'));
    const fromCandles = await open(sharedFile('data/xrp-eth-1m.csv'));
    const built = candlesOf(fromTrades.events);
    const recorded = candlesOf(fromCandles.events);
    expect(recorded.filter(({ volume }) => volume > 0)).toHaveLength(2_469);
    expect(fromTrades.events.filter(({ type }) => type === 'trade')).toHaveLength(12_477);
    expect(built.map(({ volume, ...prices }) => prices)).toEqual(recorded.map(({ volume, ...prices }) => prices));
    // Volumes are sums of floats: equal to a rounding.
    for (const [index, { volume }] of built.entries()) expect(volume).toBeCloseTo(recorded[index]?.volume ?? -1, 6);
  });

  it('plays 250 Upbit markets from one packed file in order, each without a hole', async () => {
    const { events, feed } = await open(sharedFile('data/upbit-krw-ticks.csv.gz'));
    expect(feed.symbols).toHaveLength(258);
    const last = new Map<string, number>();
    let holes = 0;
    for (const event of events) {
      if (event.type !== 'candle') continue;
      const previous = last.get(event.symbol);
      if (previous !== undefined && event.candle.openTime !== previous + 60_000) holes += 1;
      last.set(event.symbol, event.candle.openTime);
    }
    expect(holes).toBe(0);
  });

  it("reads Upbit's own answers and refuses those of three minutes", async () => {
    const name = (part: string) => sharedFile(`data/upbit-rest/upbit_${part}.json`);
    const { events } = await open(name('1m_20200220_170000-20200220_202000'));
    expect(candlesOf(events)).toHaveLength(200);
    await expect(open(name('3m_20200220_000000-20200220_100000'))).rejects.toThrow('candles of 3 minutes');
  });
});

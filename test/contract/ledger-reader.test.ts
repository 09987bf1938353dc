/** Candles, hours, journals, trades and what a ledger remembers, on every ledger. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Candle, HOUR_MS, MINUTE_MS } from '../../domain/candle.ts';
import { claimOne, id } from '../support/ledger-groups.ts';
import { LEDGERS, type Ledger, type LedgerServer } from '../support/ledger-implementations.ts';

const START = Date.parse('2024-03-01T00:00:00Z');

function candle(openTime: number, close = 100.25): Candle {
  return { openTime, open: close - 0.1, high: close + 1e-9, low: 0.1, close, volume: 12.345678901234567 };
}

describe.each(LEDGERS)('reads on $name', (implementation) => {
  let server: LedgerServer;
  let ledger: Ledger;

  beforeAll(async () => {
    server = await implementation.start();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    ledger = await server.fresh();
  });

  const store = (...candles: Candle[]) =>
    ledger.reader.storeCandles(candles.map((each) => ({ symbol: 'S', candle: each })));

  it('pages through a journal', async () => {
    const draft = await claimOne(ledger, 'S');
    await ledger.commit.commit([draft.note().note().note().note().group()]);
    const seqs = async (after: number, limit: number) =>
      (await ledger.reader.journal('S', after, limit)).map(({ seq }) => seq);
    expect(await seqs(0, 10)).toEqual([1, 2, 3, 4]);
    expect(await seqs(1, 2)).toEqual([2, 3]);
    expect(await seqs(4, 10)).toEqual([]);
    expect(await ledger.reader.journal('T', 0, 10)).toEqual([]);
    expect(await ledger.reader.order('never placed')).toBeUndefined();
  });

  it('gives candles back exactly, the most recent ones, oldest first', async () => {
    const candles = Array.from({ length: 10 }, (_, index) => candle(START + index * MINUTE_MS, 100 + index / 3));
    await store(...candles.slice(5), ...candles.slice(0, 5));
    expect(await ledger.reader.candles('S', 100)).toEqual(candles);
    expect(await ledger.reader.candles('S', 3)).toEqual(candles.slice(7));
    expect(await ledger.reader.candles('S', 3, START + 5 * MINUTE_MS)).toEqual(candles.slice(3, 6));
    expect(await ledger.reader.candles('S', 3, START + 5 * MINUTE_MS - 1)).toEqual(candles.slice(2, 5));
    expect(await ledger.reader.candles('T', 3)).toEqual([]);
  });

  it('keeps the first candle of a minute, in one call and over several', async () => {
    await store(candle(START, 1), candle(START, 2), candle(START + MINUTE_MS, 3));
    await store(candle(START, 4), candle(START + MINUTE_MS, 5));
    await store();
    expect((await ledger.reader.candles('S', 10)).map(({ close }) => close)).toEqual([1, 3]);
  });

  it('knows the last candle of every symbol it trades', async () => {
    await ledger.ownership.addSymbols(['S', 'EMPTY']);
    await store(candle(START + MINUTE_MS), candle(START));
    await ledger.reader.storeCandles([{ symbol: 'NOT-TRADED', candle: candle(START) }]);
    expect(await ledger.reader.lastCandles()).toEqual(new Map([['S', START + MINUTE_MS]]));
  });

  it('knows the last candle of the symbols it is asked for, traded or not', async () => {
    await ledger.ownership.addSymbols(['S', 'EMPTY', 'OTHER']);
    await store(candle(START), candle(START + 2 * MINUTE_MS), candle(START + MINUTE_MS));
    const other = (symbol: string, openTime: number) =>
      ledger.reader.storeCandles([{ symbol, candle: candle(openTime) }]);
    await other('OTHER', START);
    await other('NOT-TRADED', START + 5 * MINUTE_MS);
    const last = async (...symbols: string[]) => [...(await ledger.reader.lastCandles(symbols))].sort();
    expect(await last('S', 'EMPTY', 'NOT-TRADED', 'NEVER-HEARD-OF', 'S')).toEqual([
      ['NOT-TRADED', START + 5 * MINUTE_MS],
      ['S', START + 2 * MINUTE_MS],
    ]);
    expect(await last()).toEqual([]);
  });

  it('closes an hour at its last candle, and an hour without one where the hour before it closed', async () => {
    const at = (hour: number, minute: number) => START + hour * HOUR_MS + minute * MINUTE_MS;
    await store(
      candle(at(0, 10), 1),
      candle(at(0, 59), 2),
      candle(at(1, 3), 3),
      candle(at(4, 0), 4),
      candle(at(4, 30), 5),
    );
    const closes = (count: number, before: number) => ledger.reader.hourCloses('S', count, before);
    expect(await closes(100, at(5, 0))).toEqual([2, 3, 3, 3, 5]);
    // Hour 4 is still forming.
    expect(await closes(100, at(4, 59))).toEqual([2, 3, 3, 3]);
    // A gap at the start of the window closes where the last candle before the window did, one at its end too.
    expect(await closes(2, at(4, 0))).toEqual([3, 3]);
    expect(await closes(3, at(7, 0))).toEqual([5, 5, 5]);
    expect(await closes(100, at(0, 0))).toEqual([]);
    expect(await ledger.reader.hourCloses('T', 3, at(4, 0))).toEqual([]);
  });

  it('adds the funnel up over days and symbols', async () => {
    const count = (day: string, symbol: string, key: string, number: number) => ({ day, symbol, key, count: number });
    await ledger.reader.storeCandles(
      [],
      [count('2024-03-01', 'S', 'BEAR/RSI14', 2), count('2024-03-01', 'S', 'BEAR/RSI14', 3)],
    );
    await ledger.reader.storeCandles(
      [{ symbol: 'S', candle: candle(START) }],
      [count('2024-03-02', 'S', 'BEAR/RSI14', 5), count('2024-03-01', 'T', 'BULL/ENTER', 1)],
    );
    expect(await ledger.reader.funnel()).toEqual({ 'BEAR/RSI14': 10, 'BULL/ENTER': 1 });
    expect(await ledger.reader.candles('S', 10)).toHaveLength(1);
  });

  it('finds closed trades in the journal, by exit', async () => {
    const draft = await claimOne(ledger, 'S');
    const group = draft.note(id('late')).note().note(id('early')).group();
    const trade = (exitTime: string) => JSON.stringify({ signal: 'TRADE_CLOSED', trade: { symbol: 'S', exitTime } });
    const bodies = [trade('2024-03-02T00:00:00.000Z'), '{"signal":"ENTER"}', trade('2024-03-01T00:00:00.000Z')];
    const rows = group.rows.map((row, index) => ({ ...row, kind: 'signal', body: bodies[index] ?? null }));
    await ledger.commit.commit([{ ...group, rows }]);
    expect(await ledger.reader.trades()).toEqual([
      { symbol: 'S', exitTime: '2024-03-01T00:00:00.000Z' },
      { symbol: 'S', exitTime: '2024-03-02T00:00:00.000Z' },
    ]);
  });

  it('takes dead letters', async () => {
    await ledger.reader.storeDeadLetter({ stream: 'S', message: '{"id":1}', error: 'it broke', attempts: 3 });
  });

  it('refuses another venue or feed with a sentence, and remembers the first', async () => {
    expect(await ledger.reader.remember('paper', 'demo')).toBeUndefined();
    expect(await ledger.reader.remember('paper', 'demo')).toBeUndefined();
    expect(await ledger.reader.remember('paper', 'upbit')).toMatch('belongs to venue "paper" with feed "demo"');
    expect(await ledger.reader.remember('upbit', 'demo')).toMatch('not to "upbit" with "demo"');
    expect(await ledger.reader.remember('paper', 'demo')).toBeUndefined();
  });
});

/** What a backtest takes from recorded files, and what it refuses: gaps and doubles are counted, contradictions never guessed. */
import { describe, expect, it } from 'vitest';
import type { RecordingRules, SymbolSummary } from '../../../adapters/feeds/recorded-events.ts';
import { Recording } from '../../../adapters/feeds/recording.ts';
import type { Candle } from '../../../domain/candle.ts';
import { temporaryFiles } from './support.ts';

const temporaryFile = temporaryFiles();
const HEADER = 'timestamp,open,high,low,close,volume';
const STRICT: RecordingRules = { disorder: 'refuse', contradictions: 'refuse' };

function row(minute: number, close = 10): string {
  return `2026-01-05T00:${String(minute).padStart(2, '0')}:00Z,10,12,9,${close},1`;
}

async function read(rows: readonly string[], rules: Partial<RecordingRules> = {}) {
  const path = await temporaryFile('KRW-BTC.csv', [HEADER, ...rows].join('\n'));
  const recording = await Recording.open([{ path }], { ...STRICT, ...rules });
  const candles: Candle[] = [];
  for await (const batch of recording.events()) {
    for (const { event } of batch) if (event.type === 'candle') candles.push(event.candle);
  }
  const minutes = candles.map(({ openTime }) => new Date(openTime).getUTCMinutes());
  return { minutes, closes: candles.map(({ close }) => close), counts: recording.symbols[0] as SymbolSummary };
}

describe('a recording for a backtest', () => {
  it('runs from old to new, or as a whole from new to old', async () => {
    expect((await read([row(1), row(2), row(3)])).minutes).toEqual([1, 2, 3]);
    expect((await read([row(3), row(2), row(1)])).minutes).toEqual([1, 2, 3]);
  });

  it('refuses a candle that turns round, with its line', async () => {
    await expect(read([row(1), row(3), row(2)])).rejects.toThrow(/KRW-BTC\.csv:4: .*earlier than the one before it/);
    await expect(read([row(3), row(2), row(2), row(4)])).rejects.toThrow(/KRW-BTC\.csv:5: .*later than/);
  });

  it('fills missing minutes flat, and counts them', async () => {
    const { minutes, closes, counts } = await read([row(1, 11), row(4, 12)]);
    expect(minutes).toEqual([1, 2, 3, 4]);
    expect(closes).toEqual([11, 11, 11, 12]);
    expect(counts).toMatchObject({ missingMinutes: 2, duplicates: 0 });
  });

  it('uses a repeated candle once, and counts it', async () => {
    const { minutes, counts } = await read([row(1), row(1), row(2)]);
    expect(minutes).toEqual([1, 2]);
    expect(counts).toMatchObject({ duplicates: 1, contradictions: 0 });
  });

  it('refuses candles that contradict each other, with both lines', async () => {
    await expect(read([row(1), row(2, 10), row(2, 11)])).rejects.toThrow(/csv:4: .* than in .*csv:3/);
  });

  it.each([
    ['first', [10, 10, 11], 1],
    ['last', [10, 12, 11], 1],
  ] as const)('takes the %s of them when told so', async (contradictions, closes, contradictory) => {
    const found = await read([row(1), row(2, 10), row(2, 10), row(2, 12), row(3, 11)], { contradictions });
    expect(found.closes).toEqual(closes);
    expect(found.counts).toMatchObject({ contradictions: contradictory, duplicates: 1 });
  });
});

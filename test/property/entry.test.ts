import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideEntry, entryChecks } from '../../domain/entry.ts';
import type { Reading } from '../../domain/market-view.ts';
import { PRESETS } from '../../domain/preset.ts';
import { candleAt, readingWith } from '../unit/domain/builders.ts';

/** Values close to the rules' limits, so that every check passes and fails often; sometimes not warm. */
const near = (least: number, most: number) =>
  fc.option(
    fc.integer({ min: least * 2, max: most * 2 }).map((x) => x / 2),
    { nil: undefined, freq: 40 },
  );

const reading: fc.Arbitrary<Reading> = fc
  .record({
    close: fc.integer({ min: 95, max: 105 }),
    regime: fc.constantFrom('BULL' as const, 'SIDEWAYS' as const, 'BEAR' as const, 'UNKNOWN' as const),
    rsi14: near(25, 50),
    rsi7: near(25, 50),
    oversoldLow: near(20, 45),
    sma20: near(95, 105),
    sma200: near(95, 105),
    bollingerLower: near(94, 104),
    volumeRatio: near(0, 3),
    recentVolumeRatios: fc.array(
      fc.integer({ min: 0, max: 5 }).map((x) => x / 2),
      { maxLength: 3 },
    ),
    touchedLowerBefore: fc.boolean(),
  })
  .map(({ close, ...values }) => readingWith({ ...values, candle: candleAt(0, close) }));

describe('entries', () => {
  it('are decided exactly as they are explained: the first failing check names the reason', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(reading, fc.constantFrom(...Object.values(PRESETS)), (at, preset) => {
        const outcome = decideEntry(at, preset);
        const failing = entryChecks(at, preset).find((check) => !check.pass);
        expect(outcome).toBe(failing?.name ?? 'ENTER');
        seen.add(outcome);
      }),
      { numRuns: 2_000 },
    );
    expect(seen.size).toBeGreaterThan(5);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExitLevels, exitLevels, type OpenTrade, type PriceExit, travel } from '../../domain/exits.ts';
import { fromNumber, type Units } from '../../domain/money.ts';
import { PRESETS } from '../../domain/preset.ts';
import { tradeWith } from '../unit/domain/builders.ts';

const preset = PRESETS['v3.3'];
/** Cents around an entry of 100, dense enough to hit levels exactly. */
const price = fc.integer({ min: 9_300, max: 10_700 }).map((cents) => cents / 100);
const known = fc.constantFrom('BULL' as const, 'SIDEWAYS' as const, 'BEAR' as const);
const regime = fc.oneof(known, fc.constant('UNKNOWN' as const));
const trade: fc.Arbitrary<OpenTrade> = fc
  .record({ entryRegime: known, rise: fc.integer({ min: 0, max: 500 }) })
  .map(({ entryRegime, rise }) => tradeWith({ entryRegime, highWaterMark: fromNumber((10_000 + rise) / 100) }));

/** The definition without any shortcut: check a point, then a stretch. */
function naiveTravel(before: OpenTrade, from: number, to: number, levelsOf: (of: OpenTrade) => ExitLevels) {
  const mark = (of: OpenTrade, at: Units) => ({ ...of, highWaterMark: at > of.highWaterMark ? at : of.highWaterMark });
  const [start, end] = [fromNumber(from), fromNumber(to)];
  const started = mark(before, start);
  const { stop, target } = levelsOf(started);
  const result = (of: OpenTrade, exit?: PriceExit) => ({ mark: of.highWaterMark, exit });
  if (start <= stop.price) return result(started, { reason: stop.reason, price: start });
  if (start >= target) return result(started, { reason: 'TAKE_PROFIT', price: start });
  if (end <= stop.price) return result(started, stop);
  if (end >= target) return result(mark(started, target), { reason: 'TAKE_PROFIT', price: target });
  return result(mark(started, end));
}

describe('price exits', () => {
  it('agree with their definition, shortcuts for far prices included', () => {
    fc.assert(
      fc.property(trade, price, price, regime, (before, from, to, now) => {
        const actual = travel(before, from, to, now, preset);
        const expected = naiveTravel(before, from, to, (of) => exitLevels(of, now, preset));
        expect({ mark: actual.trade.highWaterMark, exit: actual.exit }).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never widen the risk: no regime ever lowers the stop below the entry’s own', () => {
    fc.assert(
      fc.property(trade, regime, (before, now) => {
        const atEntry = { ...before, highWaterMark: before.entryPrice };
        const own = exitLevels(atEntry, before.entryRegime, preset).stop.price;
        expect(exitLevels(before, now, preset).stop.price >= own).toBe(true);
      }),
    );
  });

  it('give one outcome however finely a stretch is cut', () => {
    fc.assert(
      fc.property(trade, price, price, regime, (before, from, to, now) => {
        const middle = Math.round((from + to) * 50) / 100;
        const whole = travel(before, from, to, now, preset);
        const first = travel(before, from, middle, now, preset);
        const cut = first.exit ? first : travel(first.trade, middle, to, now, preset);
        expect(cut.exit).toEqual(whole.exit);
        expect(cut.trade.highWaterMark).toBe(whole.trade.highWaterMark);
      }),
      { numRuns: 1_000 },
    );
  });
});

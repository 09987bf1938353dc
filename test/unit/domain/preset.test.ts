import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../domain/candle.ts';
import {
  canonicalPreset,
  DEFAULT_PRESET_NAME,
  PRESETS,
  type Preset,
  parameterNames,
  parametersFor,
  presetFrom,
  setParameter,
  sizeFor,
} from '../../../domain/preset.ts';

const base = PRESETS['v3.3'];

function valid(result: Preset | { error: string }): Preset {
  if ('error' in result) throw new Error(result.error);
  return result;
}

const column = (preset: Preset, parameter: keyof Preset['regimes']['BULL']) =>
  (['BULL', 'SIDEWAYS', 'BEAR'] as const).map((regime) => preset.regimes[regime][parameter]);

describe("STRATEGY's tables", () => {
  it.each([
    ['v3.0', [45, 40, 40], [40, 35, 30], 3, [1.2, 0.5, 0.5]],
    ['v3.1', [50, 45, 45], [45, 40, 35], 2, [1.2, 0.2, 0.1]],
    ['v3.2', [47, 42, 42], [42, 37, 32], 2, [1.2, 0.3, 0.2]],
    ['v3.3', [42, 42, 42], [42, 35, 30], 2, [1.2, 0.3, 0.2]],
  ] as const)('hold for the entries of %s', (name, rsi14Max, trigger, minBounce, volumeMin) => {
    const preset = PRESETS[name];
    expect(column(preset, 'rsi14Max')).toEqual(rsi14Max);
    expect(column(preset, 'rsi7Trigger')).toEqual(trigger);
    expect(column(preset, 'rsi7Recover')).toEqual(trigger);
    expect(column(preset, 'volumeMin')).toEqual(volumeMin);
    expect([preset.minBounce, preset.maTolerance, preset.surgeRatio]).toEqual([minBounce, 0.97, 2]);
  });

  it.each(Object.values(PRESETS))('hold for the exits and sizes of $name', (preset) => {
    expect(column(preset, 'takeProfit')).toEqual([5, 3, 3]);
    expect(column(preset, 'stopLoss')).toEqual([3, 4, 5]);
    expect(column(preset, 'trailing')).toEqual([3, 2.5, 2]);
    expect(column(preset, 'trailingArm')).toEqual([1, 1, 1]);
    expect(column(preset, 'rsiExit')).toEqual([75, 70, 70]);
    expect(column(preset, 'rsiExitProfit')).toEqual([1, 1, 0.5]);
    expect(column(preset, 'timeLimitMs')).toEqual([72 * HOUR_MS, 48 * HOUR_MS, 24 * HOUR_MS]);
    expect(column(preset, 'size')).toEqual([1, 0.8, 0.5]);
  });

  it('hold for v1, which reads SIDEWAYS in every regime', () => {
    const { v1 } = PRESETS;
    expect(v1.kind).toBe('classic');
    expect([v1.regimes.SIDEWAYS.rsi14Max, v1.regimes.SIDEWAYS.volumeMin]).toEqual([30, 1.5]);
    for (const regime of ['BULL', 'SIDEWAYS', 'BEAR', 'UNKNOWN'] as const) {
      expect(parametersFor(v1, regime)).toBe(v1.regimes.SIDEWAYS);
      expect(sizeFor(v1, regime)).toBe(0.8);
    }
  });

  it('make v3.3 the default', () => {
    expect(DEFAULT_PRESET_NAME).toBe('v3.3');
    expect(Object.entries(PRESETS).every(([name, preset]) => preset.name === name)).toBe(true);
  });
});

describe('changing a parameter', () => {
  it('sets a whole row, one cell or a shared parameter, and leaves the original alone', () => {
    const before = canonicalPreset(base);
    expect(column(valid(setParameter(base, 'rsi14Max', 50)), 'rsi14Max')).toEqual([50, 50, 50]);
    expect(column(valid(setParameter(base, 'takeProfit.BULL', 7)), 'takeProfit')).toEqual([7, 3, 3]);
    expect(valid(setParameter(base, 'minBounce', 1.5)).minBounce).toBe(1.5);
    expect(canonicalPreset(base)).toBe(before);
  });

  it('moves the recovery with the trigger until it is set apart', () => {
    const moved = valid(setParameter(base, 'rsi7Trigger.BEAR', 33));
    expect(column(moved, 'rsi7Recover')).toEqual([42, 35, 33]);
    const apart = valid(setParameter(moved, 'rsi7Recover.BEAR', 36));
    expect(column(valid(setParameter(apart, 'rsi7Trigger.BEAR', 31)), 'rsi7Recover')).toEqual([42, 35, 36]);
  });

  it.each(['rsi14', 'rsi14Max.', 'rsi14Max.UNKNOWN', 'minBounce.BEAR', 'toString', '__proto__', 'name', ''])(
    'lists the known names when asked for "%s"',
    (name) => {
      const result = setParameter(base, name, 1);
      expect(result).toEqual({ error: expect.stringContaining('rsi14Max.BEAR') });
    },
  );

  it.each([
    ['rsi14Max', 101],
    ['stopLoss', 0],
    ['stopLoss', 100],
    ['size.BULL', 1.5],
    ['minBounce', Number.NaN],
    ['timeLimitMs', Number.POSITIVE_INFINITY],
  ])('refuses %s = %s with the range', (name, value) => {
    expect(setParameter(base, name, value)).toEqual({ error: expect.stringMatching(/is a number from/) });
  });

  it('offers classic only what its rules read', () => {
    const names = parameterNames(PRESETS.v1);
    expect(names).toContain('rsi14Max');
    expect(names).not.toContain('rsi14Max.BEAR');
    expect(names).not.toContain('minBounce');
    expect(parameterNames(base)).toEqual(expect.arrayContaining(names));
  });
});

describe('a preset of one’s own', () => {
  it('applies rows before cells and triggers before recoveries, whatever the order of the keys', () => {
    const one = valid(presetFrom(base, { 'rsi7Trigger.BEAR': 20, rsi7Trigger: 40, 'rsi7Recover.BEAR': 25 }, 'mine'));
    const other = valid(presetFrom(base, { 'rsi7Recover.BEAR': 25, rsi7Trigger: 40, 'rsi7Trigger.BEAR': 20 }, 'mine'));
    expect(one).toEqual(other);
    expect(one.name).toBe('mine');
    expect(column(one, 'rsi7Trigger')).toEqual([40, 40, 20]);
    expect(column(one, 'rsi7Recover')).toEqual([40, 40, 25]);
  });

  it('reports every error at once', () => {
    const result = presetFrom(base, { nonsense: 1, rsi14Max: -1 }, 'mine');
    expect(result).toEqual({ error: expect.stringMatching(/from 0 to 100.*"nonsense"/) });
  });

  it('has the same canonical text as a preset with equal parameters, whatever its name', () => {
    const same = valid(presetFrom(base, { minBounce: 2 }, 'mine'));
    const different = valid(presetFrom(base, { minBounce: 2.5 }, 'mine'));
    expect(canonicalPreset(same)).toBe(canonicalPreset(base));
    expect(canonicalPreset(different)).not.toBe(canonicalPreset(base));
    expect(new Set(Object.values(PRESETS).map(canonicalPreset)).size).toBe(5);
  });
});

import { describe, expect, it } from 'vitest';
import { RegimeTracker, regimeDistance, regimeOf } from '../../../domain/regime.ts';

describe('the regime', () => {
  it.each([
    [2.0000001, 'BULL'],
    [2, 'SIDEWAYS'],
    [0, 'SIDEWAYS'],
    [-2, 'SIDEWAYS'],
    [-2.0000001, 'BEAR'],
    [undefined, 'UNKNOWN'],
  ])('at a distance of %s is %s', (distance, regime) => {
    expect(regimeOf(distance)).toBe(regime);
  });

  it('measures the distance in percent of the long average', () => {
    expect(regimeDistance(102, 100)).toBe(2);
    expect(regimeDistance(99, 100)).toBe(-1);
  });

  it('is unknown for 199 closed hours and known with the 200th', () => {
    const tracker = new RegimeTracker();
    for (let hour = 0; hour < 199; hour += 1) tracker.closeHour(100);
    expect([tracker.hours, tracker.regime, tracker.distance]).toEqual([199, 'UNKNOWN', undefined]);
    tracker.closeHour(100);
    expect([tracker.hours, tracker.regime, tracker.distance]).toEqual([200, 'SIDEWAYS', 0]);
  });

  it('follows the last 50 hours against the last 200', () => {
    const tracker = new RegimeTracker();
    for (let hour = 0; hour < 150; hour += 1) tracker.closeHour(100);
    for (let hour = 0; hour < 50; hour += 1) tracker.closeHour(104);
    expect(tracker.distance).toBeCloseTo((3 / 101) * 100, 10);
    expect(tracker.regime).toBe('BULL');
    for (let hour = 0; hour < 50; hour += 1) tracker.closeHour(90);
    expect(tracker.regime).toBe('BEAR');
  });
});

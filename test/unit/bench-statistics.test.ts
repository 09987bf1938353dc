/** The order statistics that every figure of the bench goes through. */
import { describe, expect, it } from 'vitest';
import { median, percentile, spread } from '../../bench/harness/statistics.ts';

describe('median', () => {
  it('is the middle one, of an even count the mean of two', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 2, 100])).toBe(3);
    expect(median([7])).toBe(7);
  });

  it('is no number without values, and leaves its input in its order', () => {
    expect(median([])).toBeNaN();
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

  it('is the nearest rank: of 1 to 100 the number itself', () => {
    expect([0.01, 0.5, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 99, 100]);
  });

  it('is a value that occurred, also of few', () => {
    expect(percentile([10, 20], 0.5)).toBe(10);
    expect(percentile(Float64Array.of(10, 20), 0.99)).toBe(20);
    expect(percentile([10], 0)).toBe(10);
    expect(percentile([], 0.5)).toBeNaN();
  });
});

describe('spread', () => {
  it('is how far the extremes lie apart, against the median', () => {
    expect(spread([90, 100, 130])).toBe(0.4);
    expect(spread([5, 5])).toBe(0);
  });
});

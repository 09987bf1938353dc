import { describe, expect, it } from 'vitest';
import { minimize, type Sloped } from '../../../domain/minimize.ts';

const OPTIONS = { tolerance: 1e-16, stepsMax: 2_000 };

const bowl = ([x = 0, y = 0]: readonly number[]): Sloped => ({
  value: (x - 3) ** 2 + 2 * (y + 1) ** 2 + 5,
  slope: [2 * (x - 3), 4 * (y + 1)],
});

const rosenbrock = ([x = 0, y = 0]: readonly number[]): Sloped => ({
  value: 100 * (y - x * x) ** 2 + (1 - x) ** 2,
  slope: [-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)],
});

const powell = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]): Sloped => ({
  value: (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4,
  slope: [
    2 * (a + 10 * b) + 40 * (a - d) ** 3,
    20 * (a + 10 * b) + 4 * (b - 2 * c) ** 3,
    10 * (c - d) - 8 * (b - 2 * c) ** 3,
    -10 * (c - d) - 40 * (a - d) ** 3,
  ],
});

describe('minimize', () => {
  it('finds the bottom of a bowl', () => {
    const { at, value, converged } = minimize(bowl, [0, 0], OPTIONS);
    expect(converged).toBe(true);
    expect(value).toBeCloseTo(5, 10);
    expect(at[0]).toBeCloseTo(3, 6);
    expect(at[1]).toBeCloseTo(-1, 6);
  });

  it('follows a curved valley to its end (Rosenbrock)', () => {
    const { at } = minimize(rosenbrock, [-1.2, 1], OPTIONS);
    expect(at[0]).toBeCloseTo(1, 6);
    expect(at[1]).toBeCloseTo(1, 6);
  });

  it('goes on where the curvature vanishes (Powell, four variables)', () => {
    expect(minimize(powell, [3, -1, 0, 1], OPTIONS).value).toBeLessThan(1e-9);
  });

  it('stays where the function is defined', () => {
    const { at } = minimize(([x = 0]) => ({ value: x - Math.log(x), slope: [1 - 1 / x] }), [5], OPTIONS);
    expect(at[0]).toBeCloseTo(1, 6);
  });

  it('says when the steps were not enough', () => {
    expect(minimize(rosenbrock, [-1.2, 1], { ...OPTIONS, stepsMax: 5 }).converged).toBe(false);
  });

  it('asks little: a valley that a simplex asks two hundred times about takes a quarter of that', () => {
    let asked = 0;
    const counting = (at: readonly number[]) => {
      asked += 1;
      return rosenbrock(at);
    };
    minimize(counting, [-1.2, 1], OPTIONS);
    expect(asked).toBeLessThan(60);
  });
});

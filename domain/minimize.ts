/**
 * The least value of a smooth function of a few variables by the quasi-Newton method of Broyden, Fletcher, Goldfarb and
 * Shanno (Nocedal & Wright, Numerical Optimization, 2006, algorithm 6.1), steps halved until the function falls enough
 * (Armijo). It follows the slope and knows no chance: the same function and start give the same bits. (ADR 10 says why it is ours.)
 */

/** A function's value at a point and its slope there, one number a variable. */
export interface Sloped {
  readonly value: number;
  readonly slope: readonly number[];
}

export interface Minimum {
  readonly at: readonly number[];
  readonly value: number;
  /** False when the steps were used up while there was still something to gain. */
  readonly converged: boolean;
}

export interface MinimizeOptions {
  /** What is left to gain, by the curvature that is known, is less than this: it is found. */
  readonly tolerance: number;
  /** How often the function is asked at most. */
  readonly stepsMax: number;
}

type Matrix = readonly (readonly number[])[];

/** Of the fall that the slope promises a step has to bring at least this share. */
const ENOUGH = 1e-4;
/** A step halved so often is none: what the function still promises is below what a float can tell. */
const HALVINGS_MAX = 50;

export function minimize(
  target: (at: readonly number[]) => Sloped,
  start: readonly number[],
  { tolerance, stepsMax }: MinimizeOptions,
): Minimum {
  let at = start;
  let here = target(at);
  let steps = 1;
  let inverse: Matrix | undefined;
  while (steps < stepsMax) {
    // Before any curvature is known: a step of length one downhill, at most.
    const towards = (inverse ?? scaledIdentity(at.length, 1 / Math.max(1, length(here.slope)))).map(
      (row) => -dot(row, here.slope),
    );
    const promised = -dot(towards, here.slope);
    if (!(promised > tolerance)) return { at, value: here.value, converged: Number.isFinite(here.value) };
    let share = 1;
    let halvings = 0;
    let next = moved(at, towards, share);
    let there = target(next);
    steps += 1;
    // What is outside the function's domain is no minimum, and fails this as NaN.
    while (!(there.value <= here.value - ENOUGH * share * promised) && halvings < HALVINGS_MAX && steps < stepsMax) {
      share /= 2;
      halvings += 1;
      next = moved(at, towards, share);
      there = target(next);
      steps += 1;
    }
    if (!(there.value < here.value)) {
      if (inverse === undefined) return { at, value: here.value, converged: steps < stepsMax };
      // The curvature that was gathered is of no use here: begin again along the slope.
      inverse = undefined;
      continue;
    }
    inverse = updated(
      inverse,
      next.map((x, index) => x - (at[index] as number)),
      there.slope.map((x, index) => x - (here.slope[index] as number)),
    );
    at = next;
    here = there;
  }
  return { at, value: here.value, converged: false };
}

/** The inverse of the curvature after a step and the change of slope along it; as before where that says nothing. */
function updated(inverse: Matrix | undefined, step: readonly number[], change: readonly number[]): Matrix | undefined {
  const along = dot(step, change);
  if (!(along > Number.EPSILON * length(step) * length(change))) return inverse;
  const before = inverse ?? scaledIdentity(step.length, along / dot(change, change));
  const seen = before.map((row) => dot(row, change));
  const factor = (1 + dot(change, seen) / along) / along;
  return before.map((row, i) =>
    row.map((value, j) => {
      const [si, sj, hi, hj] = [step[i], step[j], seen[i], seen[j]] as [number, number, number, number];
      return value + factor * si * sj - (hi * sj + si * hj) / along;
    }),
  );
}

function scaledIdentity(size: number, scale: number): Matrix {
  return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => (i === j ? scale : 0)));
}

function moved(at: readonly number[], towards: readonly number[], share: number): readonly number[] {
  return at.map((x, index) => x + share * (towards[index] as number));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, index) => sum + x * (b[index] as number), 0);
}

function length(a: readonly number[]): number {
  return Math.sqrt(dot(a, a));
}

/** The logarithmic scale of a plot's section, the same for all its scenarios. */

export interface Scale {
  /** Powers of ten. */
  readonly from: number;
  readonly to: number;
  /** From the left end, in pixels; what lies below the scale is at the left end. */
  place(value: number): number;
}

/** The smallest bar is no less than this share of a decade: a bar of no length looks like a value of none. */
const SHORTEST = 0.05;

/** Starts at a power of ten below the smallest value and ends at the largest. `values` are positive, at least one. */
export function makeScale(values: readonly number[], width: number): Scale {
  const from = Math.floor(Math.log10(Math.min(...values)) - SHORTEST);
  // Values all alike still get a decade: half of the width says "a few times ten", not "as much as possible".
  const to = Math.max(Math.log10(Math.max(...values)), from + 1);
  return {
    from: 10 ** from,
    to: 10 ** to,
    place: (value) => Math.max(0, ((Math.log10(value) - from) / (to - from)) * width),
  };
}

/** The powers of ten on it, the left end included. */
export function decadesOf({ from, to }: Scale): readonly number[] {
  const exponent = Math.round(Math.log10(from));
  const count = Math.floor(Math.log10(to) - exponent + 1e-9) + 1;
  return Array.from({ length: count }, (_, index) => 10 ** (exponent + index));
}

/** Order statistics. Every number a suite reports comes through here. */

/** The middle one; of an even count the mean of the two in the middle. NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (Number.isInteger(middle)) return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
  return sorted[Math.floor(middle)] as number;
}

/** Nearest rank: the smallest value that at least `share` (0 to 1) of all values do not exceed. `sorted` ascends. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** (largest − smallest) ÷ median: how far the rounds lie apart. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

/** Ours ÷ theirs, round by round: what the machine did in a round happened to both. */
export function pairedRatios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((rate, round) => rate / (theirs[round] ?? Number.NaN));
}

/** Which symbol is next: evenly, the harshest for whatever gains from repetition, or as markets are traded. */

export type Law = 'evenly' | 'zipf';

/** Draws indexes below `count`; `random` answers from 0 to below 1. */
export function drawer(law: Law, count: number, random: () => number): () => number {
  return law === 'evenly' ? () => Math.floor(random() * count) : zipf(count, random);
}

/** Zipf's law with exponent 1: the k-th is drawn in proportion to 1/k. */
function zipf(count: number, random: () => number): () => number {
  const cumulative = new Float64Array(count);
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    sum += 1 / (index + 1);
    cumulative[index] = sum;
  }
  return () => {
    const target = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cumulative[middle] as number) < target) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

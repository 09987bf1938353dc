/** How numbers are written for people: the same on every machine, whatever its language. */

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const NONE = '–';
const LETTERS = [
  { from: 1e9, letter: 'G' },
  { from: 1e6, letter: 'M' },
  { from: 1e3, letter: 'k' },
] as const;

/** Three digits below 100, whole numbers above: 0.123, 12.3, 1,234. A dash for what was not measured. */
export function numeral(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (Number.isInteger(value) || Math.abs(value) >= 99.95) return WHOLE.format(value);
  return value.toPrecision(3);
}

/** Where there is little room: 950, 1.23 k, 45.6 M. */
export function shortNumeral(value: number): string {
  // 999.6 k would be written as 1000 k.
  const scale = LETTERS.find(({ from }) => Math.abs(value) >= from * 0.9995);
  if (scale === undefined) return numeral(value);
  return `${(value / scale.from).toPrecision(3)} ${scale.letter}`;
}

export function times(ratio: number | null | undefined): string {
  const text = numeral(ratio);
  return text === NONE ? text : `${text} ×`;
}

export function percent(share: number | null | undefined): string {
  const text = numeral(share === null || share === undefined ? share : Math.round(share * 100));
  return text === NONE ? text : `${text} %`;
}

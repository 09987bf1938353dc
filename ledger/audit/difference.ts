/** One place where the ledger is not what its own history says: what was looked at, where, and both values. */
export interface Difference {
  /** What is compared, such as `quantity` or `version`. */
  readonly what: string;
  /** The stream: a symbol, `account` or `cluster`. */
  readonly symbol: string;
  /** The journal row at which it shows; null for what belongs to no row. */
  readonly seq: number | null;
  readonly expected: string;
  readonly found: string;
}

export function differenceText({ what, symbol, seq, expected, found }: Difference): string {
  const where = seq === null ? symbol : `${symbol} ${seq}`;
  return `${where}: ${what} is ${found}, expected ${expected}`;
}

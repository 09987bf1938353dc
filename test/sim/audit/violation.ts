/** What the auditor found to be wrong, with both numbers. */
export interface Violation {
  readonly step: number;
  /** I1 to I6 of the design, or `liveness` or `error`. */
  readonly invariant: string;
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

export type Report = (invariant: string, what: string, expected: unknown, found: unknown) => void;

export function show(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? 'nothing';
}

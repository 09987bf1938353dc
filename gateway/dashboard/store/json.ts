/** Reading what came over the wire without trusting its shape: a field that is not what it should be is its default. */

export type Json = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter((item) => objectOf(item) !== undefined) : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** A decimal string; "0" for anything else. */
export function decimalOf(value: unknown): string {
  return typeof value === 'string' ? value : '0';
}

/** Reads the fields of a reply for showing them. A reply of another version may lack some: what is missing is left out. */
import { grouped } from './table.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

export function money(value: unknown): string | null {
  return typeof value === 'string' ? grouped(value) : null;
}

export function text(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

export function lines(...parts: readonly string[]): string {
  return parts.join('\n');
}

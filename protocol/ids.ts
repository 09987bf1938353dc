/**
 * Ids that are pure functions of content: a decision made again after a crash has the same id, so it can be recognised
 * instead of repeated. Shaped as UUID version 8 (RFC 9562: "vendor specific").
 */
import { createHash } from 'node:crypto';

export function contentId(...parts: readonly (string | number)[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  hash[6] = ((hash[6] as number) & 0x0f) | 0x80;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Short fingerprint of a set of parameters, stored with every decision taken under them. */
export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then randomness. Ids that sort by time make fast indexes. */
import { randomFillSync } from 'node:crypto';

/** Random bytes are taken in bulk: asking the system for a few at a time costs more than everything else here. */
const pool = Buffer.allocUnsafe(4_096);
const RANDOM_BYTES = 10;
let taken = pool.length;

export function uuid7(now: number = Date.now()): string {
  if (taken + RANDOM_BYTES > pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  const random = pool.toString('hex', taken, taken + RANDOM_BYTES);
  taken += RANDOM_BYTES;
  const time = now.toString(16).padStart(12, '0');
  // The version takes the place of the first random digit, the variant (binary 10) that of two bits of the fifth.
  const variant = VARIANTS[Number.parseInt(random.charAt(4), 16) & 0x3];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(1, 4)}-${variant}${random.slice(5, 8)}-${random.slice(8)}`;
}

const VARIANTS = ['8', '9', 'a', 'b'] as const;

/** Checks the token a client presents, in a time that tells nothing about how much of it was right. */
import { createHash, timingSafeEqual } from 'node:crypto';

export type TokenCheck = (presented: string) => boolean;

/** Compares digests, because `timingSafeEqual` needs equal lengths and the length is part of the secret. */
export function tokenCheck(token: string): TokenCheck {
  const expected = digest(token);
  return (presented) => timingSafeEqual(digest(presented), expected);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Bytes of an answer to a reply. Who answers is the engine, so only its outline is checked. */
import type { Reply } from '../../../protocol/errors.ts';

const decoder = new TextDecoder();

/** Undefined for what is no reply: it says neither yes nor no. */
export function decodeReply(data: Uint8Array): Reply | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(data));
    return isReply(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isReply(value: unknown): value is Reply {
  if (typeof value !== 'object' || value === null || !('ok' in value)) return false;
  if (value.ok === true) return true;
  if (value.ok !== false || !('error' in value)) return false;
  const { error } = value;
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    'message' in error &&
    typeof error.message === 'string'
  );
}

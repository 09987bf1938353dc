/** Requests as any NATS client would make them: plain JSON, and ids made here. Uses nothing of the engine. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from 'nats';

/** A reply as far as tests look at it; DESIGN §7 fixes its names. */
export interface Reply {
  readonly ok: boolean;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly retryable: boolean;
    readonly details: Record<string, unknown>;
  };
  readonly [name: string]: unknown;
}

/** Generous: a test that waits for a busy machine is better than one that fails on it. */
const REPLY_MS_MAX = 15_000;
/** So long an attempt may take that is made again. */
export const ATTEMPT_MS_MAX = 2_000;
const INSIST_MS_MAX = 60_000;
const INSIST_PAUSE_MS = 50;

/** Sends `body` (text as it is, everything else as JSON) and returns the reply. Rejects when nobody is there. */
export async function ask<Answer = Reply>(
  nc: NatsConnection,
  subject: string,
  body: unknown = {},
  withinMs = REPLY_MS_MAX,
): Promise<Answer> {
  const payload = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return (await nc.request(subject, payload, { timeout: withinMs })).json<Answer>();
}

/** A command that must succeed, with an id of its own. */
export async function command<Answer = Reply>(nc: NatsConnection, subject: string, body: object = {}): Promise<Answer> {
  const reply = await ask<Reply>(nc, subject, { id: uuidv7(), reason: 'the test asks for it', ...body });
  if (!reply.ok) throw new Error(`${subject} was refused: ${JSON.stringify(reply.error)}`);
  return reply as Answer;
}

/** Sends a command with one id until it has succeeded: for what a test needs and does not judge. */
export async function insist<Answer = Reply>(nc: NatsConnection, subject: string, body: object = {}): Promise<Answer> {
  const request = { id: uuidv7(), ...body };
  const deadline = performance.now() + INSIST_MS_MAX;
  for (;;) {
    const reply = await ask<Reply>(nc, subject, request, ATTEMPT_MS_MAX).catch((error: unknown) => String(error));
    if (typeof reply !== 'string' && reply.ok) return reply as Answer;
    const mayRepeat = typeof reply === 'string' || reply.error?.retryable === true;
    if (!mayRepeat || performance.now() > deadline) throw new Error(`${subject} failed: ${JSON.stringify(reply)}`);
    await delay(INSIST_PAUSE_MS);
  }
}

/** RFC 9562, version 7. */
export function uuidv7(at = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(at, 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function symbols(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `KRW-T${String(index).padStart(2, '0')}`);
}

/**
 * Sends one command until it is answered for good: the same id, attempts of a second, jittered pauses, one deadline. What
 * could not be settled by then is OUTCOME_UNKNOWN if some attempt may have arrived, else UNAVAILABLE.
 */
import { errors } from 'nats';
import { type Reply, refuse } from '../../protocol/errors.ts';
import type { Bus } from '../../protocol/ports/bus.ts';
import { type Clock, type Random, sleep } from '../../protocol/ports/clock.ts';

const ATTEMPT_MS = 1_000;
const PAUSE_FIRST_MS = 20;
const PAUSE_MAX_MS = 250;
export const DEADLINE_MS = 10_000;

export interface CommandRequest {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly random: Random;
  readonly subject: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly deadlineMs?: number;
  /** False for a question: it changed nothing, so that no answer is UNAVAILABLE and never OUTCOME_UNKNOWN. Default true. */
  readonly changes?: boolean;
  /**
   * Called when nobody listens on the subject and no earlier attempt can have arrived; a reply ends the attempts. The
   * caller asks the cluster whether the name exists: an owner that moves is worth waiting for, a typing error is not.
   */
  readonly onNobody?: () => Promise<Reply | undefined>;
}

export async function requestUntilAnswered(options: CommandRequest): Promise<Reply> {
  const { bus, clock, random, subject, body, changes = true } = options;
  const end = clock.monotonic() + (options.deadlineMs ?? DEADLINE_MS);
  const payload = JSON.stringify(body);
  let unanswered = false;
  let last: Reply | undefined;
  for (let pause = PAUSE_FIRST_MS; ; pause = Math.min(PAUSE_MAX_MS, pause * 2)) {
    try {
      const data = await bus.request(subject, payload, Math.min(ATTEMPT_MS, Math.max(1, end - clock.monotonic())));
      const reply = JSON.parse(new TextDecoder().decode(data)) as Reply;
      if (reply.ok || !reply.error.retryable) return reply;
      last = reply;
      unanswered ||= reply.error.code === 'OUTCOME_UNKNOWN';
    } catch (error) {
      const nobody = nobodyListened(error);
      unanswered ||= !nobody;
      const settled = nobody && !unanswered ? await options.onNobody?.() : undefined;
      if (settled !== undefined) return settled;
    }
    if (clock.monotonic() + pause >= end) break;
    await sleep(clock, pause / 2 + (pause / 2) * random.next());
  }
  if (unanswered && changes) {
    return refuse(
      'OUTCOME_UNKNOWN',
      'no definite answer in time: the command may have been carried out. Send the same id again, or look.',
      { id: body.id },
    );
  }
  if (last !== undefined) return last;
  return unanswered
    ? refuse('UNAVAILABLE', `no answer on ${subject} in time: ask again`, { subject })
    : refuse('UNAVAILABLE', `nobody answers on ${subject}: is the engine running, and is the name right?`, { subject });
}

/**
 * Whether the server said that the request reached nobody. By the type of the cause, never by its text: the subject is
 * part of the text, and a symbol may contain any digits.
 */
function nobodyListened(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof errors.NoRespondersError) return true;
  }
  return false;
}

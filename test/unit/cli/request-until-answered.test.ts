import { errors } from 'nats';
import { describe, expect, it } from 'vitest';
import { type CommandRequest, requestUntilAnswered } from '../../../adapters/nats/request.ts';
import { type ErrorCode, type Reply, RetryableError, refuse } from '../../../protocol/errors.ts';
import type { Bus } from '../../../protocol/ports/bus.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const SUBJECT = 'cp.symbol.KRW-503.fill';
const OK: Reply = { ok: true, version: 1 };

type Step = 'nobody' | 'silence' | 'garbage' | Reply;

/** A bus that plays these steps, one an attempt; the last goes on for ever. */
class ScriptedBus implements Bus {
  readonly connected = true;
  readonly payloads: string[] = [];
  readonly #clock: FakeClock;
  readonly #steps: readonly Step[];

  constructor(clock: FakeClock, steps: readonly Step[]) {
    this.#clock = clock;
    this.#steps = steps;
  }

  async request(subject: string, payload: Uint8Array | string, timeoutMs: number): Promise<Uint8Array> {
    const step = this.#steps[Math.min(this.payloads.length, this.#steps.length - 1)];
    this.payloads.push(String(payload));
    if (step === 'nobody')
      throw wrapped(subject, new errors.RequestError('', { cause: new errors.NoRespondersError(subject) }));
    if (step === 'silence') {
      await new Promise<void>((resolve) => {
        this.#clock.after(timeoutMs, resolve);
      });
      throw wrapped(subject, new errors.TimeoutError());
    }
    return new TextEncoder().encode(step === 'garbage' ? '{"ok"' : JSON.stringify(step));
  }

  publish(): void {}
  subscribe(): () => void {
    return () => undefined;
  }
  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}

/** As the bus adapter reports it. */
function wrapped(subject: string, cause: Error): RetryableError {
  return new RetryableError(`no answer on ${subject}: ${cause.message}`, { cause });
}

async function play(steps: readonly Step[], options: Partial<CommandRequest> = {}) {
  const clock = new FakeClock();
  const bus = new ScriptedBus(clock, steps);
  let reply: Reply | undefined;
  void requestUntilAnswered({
    bus,
    clock,
    random: { next: () => 1 },
    subject: SUBJECT,
    body: { id: 'the-id', quantity: '1' },
    deadlineMs: 5_000,
    ...options,
  }).then((answer) => {
    reply = answer;
  });
  // Far past the deadline: whatever the script, there is an answer by then.
  for (let waitedMs = 0; reply === undefined && waitedMs < 10_000; waitedMs += 10) await clock.advance(10);
  return {
    reply: reply as Reply | undefined,
    attempts: bus.payloads.length,
    payloads: bus.payloads,
    tookMs: clock.monotonic(),
  };
}

const codeOf = (reply: Reply | undefined): ErrorCode | 'ok' | undefined => (reply?.ok ? 'ok' : reply?.error.code);

describe('requestUntilAnswered', () => {
  it('sends the same command until a Pod answers it', async () => {
    const { reply, payloads } = await play([
      'nobody',
      refuse('NOT_OWNER', ''),
      refuse('FENCED', ''),
      refuse('BUSY', ''),
      OK,
    ]);
    expect(reply).toEqual(OK);
    expect(payloads).toHaveLength(5);
    expect(new Set(payloads).size).toBe(1);
  });

  it('takes a refusal for good at once', async () => {
    const { reply, attempts } = await play([refuse('INSUFFICIENT', 'too little'), OK]);
    expect(codeOf(reply)).toBe('INSUFFICIENT');
    expect(attempts).toBe(1);
  });

  it('gives the answer of a repetition when the first attempt was delivered and not answered', async () => {
    const { reply } = await play(['silence', OK]);
    expect(reply).toEqual(OK);
  });

  it('is OUTCOME_UNKNOWN, with the id, when an attempt was delivered and nobody answered until the deadline', async () => {
    const { reply, tookMs } = await play(['silence', 'nobody']);
    expect(reply).toMatchObject({ ok: false, error: { code: 'OUTCOME_UNKNOWN', details: { id: 'the-id' } } });
    expect(tookMs).toBeLessThanOrEqual(5_010);
  });

  it('is OUTCOME_UNKNOWN when only half an answer came', async () => {
    expect(codeOf((await play(['garbage', 'nobody'])).reply)).toBe('OUTCOME_UNKNOWN');
  });

  it('stays OUTCOME_UNKNOWN when a later attempt is refused for now', async () => {
    expect(codeOf((await play(['silence', refuse('BUSY', '')])).reply)).toBe('OUTCOME_UNKNOWN');
    expect(codeOf((await play([refuse('OUTCOME_UNKNOWN', ''), 'nobody'])).reply)).toBe('OUTCOME_UNKNOWN');
  });

  it('is UNAVAILABLE when no attempt reached anybody', async () => {
    const { reply, tookMs } = await play(['nobody']);
    expect(codeOf(reply)).toBe('UNAVAILABLE');
    // It has tried until the next pause (at most 250 ms) would pass the deadline.
    expect(tookMs).toBeGreaterThanOrEqual(4_750);
  });

  it('gives the last reason when every attempt was refused for now', async () => {
    expect(codeOf((await play([refuse('NOT_OWNER', ''), refuse('BUSY', '')])).reply)).toBe('BUSY');
  });

  it('does not mistake silence for nobody because the symbol has a 503 in its name', async () => {
    expect(SUBJECT).toContain('503');
    expect(codeOf((await play(['silence'])).reply)).toBe('OUTCOME_UNKNOWN');
  });

  it('never leaves the outcome of a question unknown', async () => {
    expect(codeOf((await play(['silence'], { changes: false })).reply)).toBe('UNAVAILABLE');
  });

  it('asks whether the name exists when nobody listens, and ends with what it is told', async () => {
    const { reply, attempts } = await play(['nobody'], { onNobody: async () => refuse('NOT_FOUND', 'no such symbol') });
    expect(codeOf(reply)).toBe('NOT_FOUND');
    expect(attempts).toBe(1);
  });

  it('goes on when the name exists: its owner is moving', async () => {
    const { reply } = await play(['nobody', 'nobody', OK], { onNobody: async () => undefined });
    expect(reply).toEqual(OK);
  });

  it('does not say NOT_FOUND after an attempt that may have been carried out', async () => {
    const { reply } = await play(['silence', 'nobody'], {
      onNobody: async () => refuse('NOT_FOUND', 'no such symbol'),
    });
    expect(codeOf(reply)).toBe('OUTCOME_UNKNOWN');
  });
});

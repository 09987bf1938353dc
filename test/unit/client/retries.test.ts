/** The retry rule of DESIGN §3, one script of answers after another. */
import { describe, expect, it } from 'vitest';
import type { SendOptions } from '../../../adapters/nats/client/index.ts';
import { type Reply, refuse } from '../../../protocol/errors.ts';
import { answerOf, type Scene, type Step, scene } from './scripted-wire.ts';

const SYMBOL = 'KRW-503';
const FILL = { side: 'buy', quantity: '1', price: '100' } as const;
const OK: Reply = { ok: true, version: 1 };
const UNKNOWN_SYMBOL: Reply = { ok: true, symbols: [{ symbol: 'KRW-BTC' }], pods: [{ pod: 'pod-1' }] };
const KNOWN_SYMBOL: Reply = { ok: true, symbols: [{ symbol: SYMBOL }], pods: [] };
/** What may pass beyond a deadline: a tick of the timers. */
const TICK_MS = 10;

async function play(steps: readonly Step[], options: SendOptions = {}, prepare: (scene: Scene) => void = () => {}) {
  const set = scene(steps);
  prepare(set);
  const { reply, tookMs } = await answerOf(set, set.client.symbol(SYMBOL).fill(FILL, options));
  return { reply, tookMs, sent: set.wire.sent, wire: set.wire };
}

const codeOf = (reply: Reply): string => (reply.ok ? 'ok' : reply.error.code);

async function codeAfter(...steps: Step[]): Promise<string> {
  return codeOf((await play(steps)).reply as Reply);
}

describe('a command', () => {
  it('is sent, the same with the same id, until a Pod answers it', async () => {
    const retryable = (['NOT_OWNER', 'FENCED', 'BUSY', 'UNAVAILABLE'] as const).map((code) => refuse(code, ''));
    const { reply, sent } = await play(['nobody', ...retryable, OK]);
    expect(reply).toEqual(OK);
    expect(sent).toHaveLength(6);
    expect(new Set(sent.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(sent[0]?.body.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(new Set(sent.map(({ subject }) => subject))).toEqual(new Set([`cp.symbol.${SYMBOL}.fill`]));
  });

  it('pauses 20 to 250 ms between attempts, longer every time, as chance has it', async () => {
    const pauses = async (chance: number): Promise<number[]> => {
      const set = scene([refuse('BUSY', '')], { chance });
      await answerOf(set, set.client.symbol(SYMBOL).fill(FILL));
      const times = set.wire.sent.map(({ at }) => at);
      return times.slice(1, 7).map((at, index) => at - (times[index] ?? 0));
    };
    // Rounded up to the next tick of 5 ms.
    expect(await pauses(0)).toEqual([20, 20, 20, 20, 20, 20]);
    expect(await pauses(1)).toEqual([40, 60, 90, 135, 205, 250]);
  });

  it('is refused for good at once', async () => {
    const { reply, sent } = await play([refuse('INSUFFICIENT', 'too little', { free: '0' }), OK]);
    expect(reply).toEqual(refuse('INSUFFICIENT', 'too little', { free: '0' }));
    expect(sent).toHaveLength(1);
  });

  it('carries the time until which it may be carried out, the same in every attempt', async () => {
    const { sent } = await play(['silence', OK], { deadlineMs: 3_000 });
    expect(sent.map(({ body }) => body.deadline)).toEqual(['2026-01-31T09:00:03.000Z', '2026-01-31T09:00:03.000Z']);
  });

  it('gets the answer of a repetition when the first attempt was delivered and not answered', async () => {
    const { reply, tookMs } = await play(['silence', OK]);
    expect(reply).toEqual(OK);
    // The time of an attempt, and the first pause.
    expect(tookMs).toBeLessThanOrEqual(1_000 + 40 + TICK_MS);
  });

  it('takes the late answer of an earlier attempt: it is about the same command', async () => {
    const { reply, sent } = await play(
      ['silence', ({ id }) => ({ ok: true, version: 2, id }), 'silence'],
      {},
      (set) => {
        set.clock.after(1_500, () => set.wire.sent[0]?.answer(OK));
      },
    );
    expect(sent).toHaveLength(2);
    expect(reply).toMatchObject({ ok: true, version: 2 });

    const late = await play(['silence'], {}, (set) => {
      set.clock.after(1_500, () => set.wire.sent[0]?.answer(OK));
    });
    expect(late.reply).toEqual(OK);
    expect(late.sent).toHaveLength(2);
  });

  it('ignores a late "not now" of an earlier attempt while a newer one is on its way', async () => {
    const { reply, sent } = await play(['silence', 'silence', OK], {}, (set) => {
      set.clock.after(1_500, () => set.wire.sent[0]?.answer(refuse('NOT_OWNER', '')));
    });
    expect(reply).toEqual(OK);
    // The second attempt had its whole second, in spite of the refusal in between.
    expect((sent[2]?.at ?? 0) - (sent[1]?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it('is over with its first answer, whatever else comes', async () => {
    const set = scene(['silence']);
    const call = set.client.symbol(SYMBOL).fill(FILL);
    for (const step of [OK, refuse('INVALID', ''), 'nobody', OK] as const) set.wire.sent[0]?.answer(step);
    expect((await answerOf(set, call)).reply).toEqual(OK);
    await set.clock.advance(10_000);
    expect(set.wire.sent).toHaveLength(1);
    expect(set.client.pending).toBe(0);
  });

  it('gets an answer that says "too late" of an earlier attempt that may have been in time: nobody knows', async () => {
    expect(await codeAfter('silence', refuse('EXPIRED', 'the deadline has passed'))).toBe('OUTCOME_UNKNOWN');
    expect(await codeAfter(refuse('EXPIRED', 'the deadline has passed'))).toBe('EXPIRED');
  });
});

describe('at the deadline a command', () => {
  it('is OUTCOME_UNKNOWN, with its id, when an attempt was delivered and not answered', async () => {
    const id = '0197c0de-0000-7000-8000-000000000001';
    const { reply, tookMs } = await play(['silence', 'nobody'], { id });
    expect(reply).toMatchObject({ ok: false, error: { code: 'OUTCOME_UNKNOWN', retryable: true, details: { id } } });
    expect(tookMs).toBeLessThanOrEqual(5_000 + TICK_MS);
  });

  it('may still be answered: no further attempt fits in, but the last one is waited for', async () => {
    const { reply } = await play(['silence'], { deadlineMs: 1_100 }, (set) => {
      set.clock.after(1_095, () => set.wire.sent.at(-1)?.answer(OK));
    });
    expect(reply).toEqual(OK);
  });

  it('is OUTCOME_UNKNOWN when only half an answer came', async () => {
    expect(await codeAfter('garbage', 'nobody')).toBe('OUTCOME_UNKNOWN');
  });

  it('is OUTCOME_UNKNOWN also when a later attempt is refused for now, or the owner says so itself', async () => {
    expect(await codeAfter('silence', refuse('BUSY', ''))).toBe('OUTCOME_UNKNOWN');
    expect(await codeAfter(refuse('OUTCOME_UNKNOWN', '', { orderId: 'x' }), 'nobody')).toBe('OUTCOME_UNKNOWN');
  });

  it('is not unknown when the late answers of all attempts say that nothing was done', async () => {
    const { reply } = await play(['silence', refuse('BUSY', 'full')], {}, (set) => {
      set.clock.after(2_000, () => set.wire.sent[0]?.answer(refuse('NOT_OWNER', 'elsewhere')));
    });
    expect(codeOf(reply as Reply)).toBe('UNAVAILABLE');
  });

  it('is UNAVAILABLE when no attempt reached anybody', async () => {
    const { reply, tookMs } = await play(['nobody']);
    expect(reply).toMatchObject({
      error: { code: 'UNAVAILABLE', message: /nobody answers on cp\.symbol\.KRW-503\.fill/ },
    });
    // It has tried until the next pause (at most 250 ms) would pass the deadline.
    expect(tookMs).toBeGreaterThanOrEqual(4_750);
  });

  it('is UNAVAILABLE with the last reason when every attempt was refused for now', async () => {
    const { reply } = await play([refuse('NOT_OWNER', ''), refuse('BUSY', 'too many wait')]);
    expect(reply).toMatchObject({
      error: { code: 'UNAVAILABLE', message: 'too many wait', details: { last: 'BUSY' } },
    });
  });

  it('does not mistake silence for nobody because the symbol has a 503 in its name', async () => {
    expect(SYMBOL).toContain('503');
    expect(await codeAfter('silence')).toBe('OUTCOME_UNKNOWN');
  });
});

describe('a question', () => {
  it('has no id and no deadline, and never an unknown outcome', async () => {
    const set = scene(['silence']);
    const { reply } = await answerOf(set, set.client.symbol(SYMBOL).get());
    expect(reply).toMatchObject({ error: { code: 'UNAVAILABLE', message: expect.stringContaining('ask again') } });
    expect(set.wire.sent[0]?.body).toEqual({});
  });

  it('about a command never reads "not known" from an answer that leaves it out', async () => {
    const set = scene([{ ok: true, mode: 'halted', haltedReason: 'crashes' }]);
    const { reply } = await answerOf(set, set.client.symbol(SYMBOL).command('an id'));
    expect(reply).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });
  });
});

describe('a name nobody listens for', () => {
  it('is NOT_FOUND at once when the cluster does not know it', async () => {
    const { reply, tookMs } = await play(['nobody'], {}, ({ wire }) => {
      wire.cluster = UNKNOWN_SYMBOL;
    });
    expect(reply).toMatchObject({ error: { code: 'NOT_FOUND', details: { symbols: ['KRW-BTC'] } } });
    expect(tookMs).toBeLessThanOrEqual(TICK_MS);
  });

  it('is waited for when the cluster knows it: its owner is moving', async () => {
    const { reply, wire } = await play(['nobody', 'nobody', 'nobody', OK], {}, (set) => {
      set.wire.cluster = KNOWN_SYMBOL;
    });
    expect(reply).toEqual(OK);
    expect(wire.lookUps).toHaveLength(1);
  });

  it('is not NOT_FOUND after an attempt that may have been carried out', async () => {
    const { reply } = await play(['silence', 'nobody'], {}, ({ wire }) => {
      wire.cluster = UNKNOWN_SYMBOL;
    });
    expect(codeOf(reply as Reply)).toBe('OUTCOME_UNKNOWN');
  });

  it('is not denied by a list from before the call: it may have been added since', async () => {
    const set = scene(['nobody', 'nobody', OK]);
    set.wire.cluster = UNKNOWN_SYMBOL;
    await answerOf(set, set.client.symbol(SYMBOL).fill(FILL));
    set.wire.cluster = KNOWN_SYMBOL;
    const { reply } = await answerOf(set, set.client.symbol(SYMBOL).fill(FILL));
    expect(reply).toEqual(OK);
  });

  it('is asked about once a second at most, however many calls wait for it', async () => {
    const set = scene(['nobody']);
    set.wire.cluster = 'nobody';
    const calls = Array.from({ length: 100 }, () => set.client.symbol(SYMBOL).fill(FILL));
    await answerOf(set, Promise.all(calls));
    // Five seconds, both ends included.
    expect(set.wire.lookUps.length).toBeGreaterThan(1);
    expect(set.wire.lookUps.length).toBeLessThanOrEqual(6);
  });

  it('of a Pod is looked for among the Pods; the account has no name to look for', async () => {
    const set = scene(['nobody']);
    set.wire.cluster = UNKNOWN_SYMBOL;
    const ping = await answerOf(set, set.client.pod('pod-9').ping());
    expect(ping.reply).toMatchObject({
      error: { code: 'NOT_FOUND', message: 'there is no Pod pod-9; there are pod-1' },
    });
    expect(await answerOf(set, set.client.account.get())).toMatchObject({ reply: { error: { code: 'UNAVAILABLE' } } });
  });
});

describe('without a connection', () => {
  it('nothing is sent, and nothing is unknown', async () => {
    const { reply, sent } = await play([OK], {}, ({ wire }) => {
      wire.connected = false;
    });
    expect(reply).toMatchObject({ error: { code: 'UNAVAILABLE', message: /no connection to NATS/ } });
    expect(sent).toHaveLength(0);
  });

  it('a call waits, and goes on when it is back', async () => {
    const { reply } = await play([OK], {}, (set) => {
      set.wire.connected = false;
      set.clock.after(3_000, () => {
        set.wire.connected = true;
      });
    });
    expect(reply).toEqual(OK);
  });

  it('an answer to what was sent before is not waited for when the connection is back', async () => {
    const { reply, tookMs } = await play(['silence', OK], {}, (set) => {
      set.clock.after(100, () => set.wire.listener?.onReconnect());
    });
    expect(reply).toEqual(OK);
    expect(tookMs).toBeLessThanOrEqual(100 + 40 + TICK_MS);
  });

  it('for good, what waits and what comes later is answered, with the reason', async () => {
    const set = scene(['silence']);
    const [fill, get] = [set.client.symbol(SYMBOL).fill(FILL), set.client.symbol(SYMBOL).get()];
    set.wire.listener?.onEnd('authorization violation');
    expect(await fill).toMatchObject({ error: { code: 'OUTCOME_UNKNOWN' } });
    expect(await get).toMatchObject({ error: { code: 'UNAVAILABLE', message: /authorization violation/ } });
    expect(await set.client.account.get()).toMatchObject({ error: { code: 'UNAVAILABLE' } });
  });
});

describe('a call that is given up', () => {
  it('by its signal ends with what is known by then', async () => {
    const set = scene(['silence']);
    const { signal, abort } = aborter();
    const call = set.client.symbol(SYMBOL).fill(FILL, { signal });
    abort();
    expect(await call).toMatchObject({ error: { code: 'OUTCOME_UNKNOWN' } });
    expect(await set.client.symbol(SYMBOL).fill(FILL, { signal })).toMatchObject({ error: { code: 'UNAVAILABLE' } });
    expect(set.wire.sent).toHaveLength(1);
    expect(set.client.pending).toBe(0);
  });

  it('by closing the client is answered; later calls throw', async () => {
    const set = scene(['silence']);
    const [fill, get] = [set.client.symbol(SYMBOL).fill(FILL), set.client.account.get()];
    await set.client.close();
    expect(await fill).toMatchObject({ error: { code: 'OUTCOME_UNKNOWN' } });
    expect(await get).toMatchObject({ error: { code: 'UNAVAILABLE', message: /closed/ } });
    expect(() => set.client.account.get()).toThrow(/closed/);
  });
});

describe('what can not be meant throws', () => {
  it('money as a number, by name', () => {
    const { client } = scene([OK]);
    const wrong = { ...FILL, quantity: 0.1 } as unknown as typeof FILL;
    expect(() => client.symbol(SYMBOL).fill(wrong)).toThrow(/^quantity must be a decimal string such as "0.5"/);
    expect(() => client.symbol(SYMBOL).fills([FILL, wrong])).toThrow(TypeError);
    expect(() => client.account.deposit({ amount: 5 as unknown as string })).toThrow(/^amount/);
  });

  it('a name that would break or widen the subject, a deadline that is none', () => {
    const { client } = scene([OK]);
    for (const name of ['', 'KRW BTC', 'KRW.BTC', '*', '>', 'KRW-BTC\r\n']) {
      expect(() => client.symbol(name).get()).toThrow(TypeError);
    }
    for (const deadlineMs of [0, -1, Number.NaN]) {
      expect(() => client.account.get({ deadlineMs })).toThrow(/deadlineMs/);
    }
  });
});

function aborter(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

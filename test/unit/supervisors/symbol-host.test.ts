/** Crashes, poison messages, halts and full mailboxes of one symbol. */
import { describe, expect, it } from 'vitest';
import type { SymbolMessage } from '../../../actors/symbol/messages.ts';
import { contentId } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { codeOf, control, FILL, FIRST_DELAY_MS, haltedHost, isPoison, POISON, scriptedHost } from './scripted-host.ts';

const GET: SymbolMessage = { type: 'get' };
const EXPLAIN: SymbolMessage = { type: 'explain' };

describe('a symbol whose actor crashes', () => {
  it('is claimed again after a pause and goes on in a new epoch', async () => {
    const { host, start, clock, lives, claims, script, post } = scriptedHost();
    await start();
    script.crashesOn = isPoison;
    const replies = post(POISON);
    expect([host.mode, host.crashes, claims()]).toEqual(['starting', 1, 0]);
    expect(lives[0]?.stoppedWith).toMatchObject({ error: { code: 'UNAVAILABLE', retryable: true } });

    script.crashesOn = () => false;
    await clock.advance(FIRST_DELAY_MS - 1);
    expect(claims()).toBe(0);
    await clock.advance(1);
    expect([host.mode, host.epoch, claims()]).toEqual(['flat', 2, 1]);
    expect(replies).toEqual([{ ok: true, epoch: 2 }]);
  });

  it('takes the message that crashed it first, then those that came meanwhile', async () => {
    const { start, clock, script, post, accepted } = scriptedHost();
    await start();
    script.crashesOn = isPoison;
    post(POISON);
    post(FILL);
    script.crashesOn = () => false;
    await clock.advance(FIRST_DELAY_MS);
    expect(accepted()).toEqual([POISON, FILL]);
  });

  it('waits longer after each crash', async () => {
    const { start, clock, script, post, claims } = scriptedHost();
    await start();
    script.crashesOn = isPoison;
    post(POISON);
    await clock.advance(FIRST_DELAY_MS);
    await clock.advance(2 * FIRST_DELAY_MS - 1);
    expect(claims()).toBe(1);
    await clock.advance(1);
    expect(claims()).toBe(2);
  });

  it('treats a life that cannot start, or ends while it starts, as one crash', async () => {
    const { host, start, clock, script, lives } = scriptedHost();
    script.starts.push(
      () => {
        throw new Error('cannot read');
      },
      (supervisor) => supervisor.onCrash(new Error('bad order'), undefined),
    );
    await start();
    expect([host.mode, host.crashes]).toEqual(['starting', 1]);
    await clock.advance(FIRST_DELAY_MS);
    expect([host.mode, host.crashes]).toEqual(['starting', 2]);
    // What the second life had begun is ended: its rows must not count on.
    expect(lives[1]?.stoppedWith).toBeDefined();
    await clock.advance(2 * FIRST_DELAY_MS);
    expect([host.mode, host.crashes, host.epoch]).toEqual(['flat', 2, 3]);
  });

  it('does not disturb another symbol', async () => {
    const broken = scriptedHost();
    const healthy = scriptedHost({ symbol: 'KRW-ETH', clock: broken.clock, load: broken.load });
    await Promise.all([broken.start(), healthy.start()]);
    broken.script.crashesOn = () => true;
    broken.post(POISON);
    expect(codeOf(healthy.post(FILL))).toBe('ok');
    await broken.clock.advance(10_000);
    expect([healthy.host.crashes, healthy.host.epoch, healthy.claims(), healthy.lives.length]).toEqual([0, 1, 0, 1]);
  });
});

describe('a message that crashes every life', () => {
  it('is set aside at its third crash, answered INTERNAL, and the symbol goes on', async () => {
    const { host, start, clock, script, post, letters, log, accepted } = scriptedHost();
    await start();
    script.crashesOn = isPoison;
    const poison = post(POISON);
    const next = post(FILL);
    await clock.advance(10_000);

    expect(codeOf(poison)).toBe('INTERNAL');
    expect(letters).toEqual([
      {
        stream: 'KRW-BTC',
        message: JSON.stringify(POISON),
        error: 'a handler threw',
        attempts: LIMITS.poisonAttemptsMax,
      },
    ]);
    expect(log.at('error')).toContain('a message was quarantined in dead_letters');
    expect(codeOf(next)).toBe('ok');
    expect(accepted()).toEqual([FILL]);
    expect([host.mode, host.crashes, host.epoch]).toEqual(['flat', 3, 4]);
  });

  it('keeps its exact numbers in the dead letter', async () => {
    const { start, clock, script, post, letters } = scriptedHost();
    await start();
    script.crashesOn = (message) => message.type === 'fill';
    post(FILL);
    await clock.advance(10_000);
    expect(JSON.parse(letters[0]?.message ?? '{}')).toMatchObject({ items: [{ quantity: '1', price: '2' }] });
  });

  it('is still answered when it cannot be stored, and the loss is logged with the message', async () => {
    const { start, clock, script, post, ledger, log } = scriptedHost();
    ledger.letter = async () => {
      throw new Error('disk full');
    };
    await start();
    script.crashesOn = isPoison;
    const replies = post(POISON);
    await clock.advance(10_000);
    expect(codeOf(replies)).toBe('INTERNAL');
    const line = log.lines.find(({ message }) => message === 'a quarantined message could not be stored');
    expect(line?.fields).toMatchObject({ letter: { message: JSON.stringify(POISON) }, error: 'disk full' });
  });
});

describe('a symbol that keeps crashing', () => {
  it('is halted on record with the reason, and what waits is answered HALTED', async () => {
    const { host, halts, waiting, claims } = await haltedHost();
    expect([host.mode, host.crashes, claims()]).toEqual(['halted', 6, LIMITS.restartsMax]);
    expect(halts).toEqual([
      { epoch: 6, reason: 'stopped after 6 crashes: the journal cannot be read', id: contentId('halt', 'KRW-BTC', 6) },
    ]);
    expect(codeOf(waiting)).toBe('HALTED');
  });

  it('says so to get, and refuses everything else but resume', async () => {
    const { host, post } = await haltedHost();
    expect(post(GET)).toEqual([
      expect.objectContaining({
        ok: true,
        mode: 'halted',
        epoch: 6,
        haltedReason: expect.stringContaining('6 crashes'),
      }),
    ]);
    expect([FILL, EXPLAIN, POISON].map((message) => codeOf(post(message)))).toEqual(['HALTED', 'HALTED', 'HALTED']);
    expect(host.waiting).toBe(0);
  });

  it('stays halted however much time passes', async () => {
    const { host, clock, claims } = await haltedHost();
    await clock.advance(24 * 3_600_000);
    expect([host.mode, claims()]).toEqual(['halted', LIMITS.restartsMax]);
  });

  it('is started again by a resume, with the resume stored first and its crashes forgotten', async () => {
    const { host, post, halts, clock, script } = await haltedHost();
    const replies = post(control('resume', 'the disk was replaced'));
    await clock.advance(0);
    expect(codeOf(replies)).toBe('ok');
    expect(halts.at(-1)).toEqual({ epoch: 6, reason: null, id: contentId('resume', 'KRW-BTC', 6) });
    expect([host.mode, host.epoch]).toEqual(['flat', 7]);

    script.crashesOn = isPoison;
    post(POISON);
    expect(host.mode).toBe('starting');
  });

  it('is stored as soon as the ledger takes it', async () => {
    const { ledger, script, start, clock, host, log } = scriptedHost();
    let attempts = 0;
    ledger.halt = async () => {
      attempts += 1;
      if (attempts < 3) throw new Error('no connection');
      return true;
    };
    script.crashesOn = () => true;
    await start();
    for (let message = 0; message <= LIMITS.restartsMax; message += 1) {
      host.post(FILL, () => {});
      await clock.advance(5_000);
    }
    await clock.advance(60_000);
    expect([host.mode, attempts]).toEqual(['halted', 3]);
    expect(log.at('error').filter((line) => line === 'the halt could not be stored')).toHaveLength(2);
  });

  it('is logged when the halt cannot be stored, or belongs to another Pod by then', async () => {
    const unstored = scriptedHost();
    unstored.ledger.halt = async () => false;
    const failing = scriptedHost();
    failing.ledger.halt = async () => {
      throw new Error('no connection');
    };
    for (const { script, start, clock, host } of [unstored, failing]) {
      script.crashesOn = () => true;
      await start();
      for (let message = 0; message <= LIMITS.restartsMax; message += 1) {
        host.post(FILL, () => {});
        await clock.advance(5_000);
      }
      expect(host.mode).toBe('halted');
    }
    expect(unstored.log.at('warn')).toContain('the halt was not stored: another Pod owns the symbol');
    expect(failing.log.at('error')).toContain('the halt could not be stored');
  });
});

describe('a full mailbox', () => {
  it('refuses message 257 with BUSY and keeps the 256 before it', async () => {
    const { host, post, start } = scriptedHost();
    const replies = Array.from({ length: LIMITS.mailboxMessagesMax }, () => post(FILL));
    const oneMore = post(FILL);
    expect(host.waiting).toBe(256);
    expect(codeOf(oneMore)).toBe('BUSY');
    expect(replies.flat()).toEqual([]);
    await start();
    expect(new Set(replies.map(codeOf))).toEqual(new Set(['ok']));
  });

  it.each([
    ['of the symbol', LIMITS.uncommittedPerSymbolMax, 0],
    ['of the Pod', 0, LIMITS.uncommittedPerPodMax],
  ])('waits while too many rows %s are uncommitted, and goes on when they are', async (_, ofSymbol, ofPod) => {
    const { host, post, start, lives, load } = scriptedHost();
    await start();
    const life = lives[0];
    if (life === undefined) throw new Error('a life has started');
    life.uncommitted = ofSymbol;
    load.rows = ofPod;
    const replies = post(FILL);
    expect([host.waiting, replies.length]).toEqual([1, 0]);
    life.uncommitted = 0;
    load.rows = 0;
    life.supervisor.onProgress();
    expect([host.waiting, codeOf(replies)]).toEqual([0, 'ok']);
  });

  it('hands over what waits once other symbols have made room in the Pod, without another message', async () => {
    const { host, post, start, clock, load } = scriptedHost();
    await start();
    load.rows = LIMITS.uncommittedPerPodMax;
    const replies = post(FILL);
    await clock.advance(1_000);
    expect([host.waiting, replies.length]).toEqual([1, 0]);
    load.rows = 0;
    await clock.advance(1_000);
    expect([host.waiting, codeOf(replies)]).toEqual([0, 'ok']);
    expect(clock.pending).toBe(0);
  });
});

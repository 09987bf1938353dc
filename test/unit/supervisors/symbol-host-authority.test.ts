/** What a symbol does when its authority goes, when it is stopped, and what the market does meanwhile. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import type { MarketEvent } from '../../../protocol/ports/market.ts';
import { settled } from '../../support/fake-clock.ts';
import { codeOf, control, FILL, FIRST_DELAY_MS, haltedHost, isPoison, POISON, scriptedHost } from './scripted-host.ts';

const TRADE: MarketEvent = {
  type: 'trade',
  symbol: 'KRW-BTC',
  trade: { tradeId: 't1', price: 100, quantity: 1, at: 0 },
};

describe('a symbol that lost its authority', () => {
  it('is claimed again after a short pause when it was fenced, without counting a crash', async () => {
    const { host, start, lives, clock, claims, post } = scriptedHost();
    await start();
    lives[0]?.supervisor.onOver('fenced', undefined);
    const replies = post(FILL);
    expect(replies).toEqual([]);
    await clock.advance(LIMITS.restartBackoffMaxMs);
    expect([host.mode, host.epoch, host.crashes, claims()]).toEqual(['flat', 2, 0, 1]);
    expect(codeOf(replies)).toBe('ok');
  });

  it('is given up when another Pod owns it', async () => {
    const { start, lives, clock, script, lost, claims } = scriptedHost();
    await start();
    script.claims.push(async () => undefined);
    lives[0]?.supervisor.onOver('fenced', undefined);
    await clock.advance(10_000);
    expect([lost, claims()]).toEqual([['KRW-BTC'], 1]);
  });

  it('asks again later when the claim itself fails', async () => {
    const { host, start, lives, clock, script, claims, log } = scriptedHost();
    await start();
    script.claims.push(async () => {
      throw new Error('no connection');
    });
    lives[0]?.supervisor.onOver('fenced', undefined);
    await clock.advance(LIMITS.restartBackoffMaxMs);
    expect([claims(), log.at('warn')]).toEqual([
      1,
      expect.arrayContaining(['a symbol could not be claimed again yet']),
    ]);
    await clock.advance(LIMITS.restartBackoffMaxMs);
    expect([claims(), host.mode]).toEqual([2, 'flat']);
  });

  it('keeps what came meanwhile after an unanswered commit, and claims by itself when the Pod does not start it', async () => {
    const { host, start, lives, clock, claims, post } = scriptedHost();
    await start();
    lives[0]?.supervisor.onOver('lost', new Error('connection reset'));
    const replies = post(FILL);
    await clock.advance(LIMITS.restartBackoffMaxMs - 1);
    expect([host.mode, claims(), replies.length]).toEqual(['starting', 0, 0]);
    await clock.advance(1);
    expect([host.mode, host.epoch, codeOf(replies)]).toEqual(['flat', 2, 'ok']);
  });

  it('does not serve from a life that was fenced while it started', async () => {
    const { host, start, clock, script, lives, post } = scriptedHost();
    script.starts.push((supervisor) => supervisor.onOver('fenced', undefined));
    const replies = post(FILL);
    await start();
    expect([host.mode, lives[0]?.accepted]).toEqual(['starting', []]);
    await clock.advance(LIMITS.restartBackoffMaxMs);
    expect([host.epoch, codeOf(replies)]).toEqual([2, 'ok']);
  });

  it('does not fall back to a life whose start ends when the next one serves already', async () => {
    const { host, start, clock, script, lives, post } = scriptedHost();
    let finishStart = (): void => {};
    script.starts.push((supervisor) => {
      supervisor.onOver('fenced', undefined);
      return new Promise((resolve) => {
        finishStart = resolve;
      });
    });
    const started = start();
    await clock.advance(LIMITS.restartBackoffMaxMs);
    expect([host.mode, host.epoch]).toEqual(['flat', 2]);
    finishStart();
    await started;
    expect([lives[0]?.stoppedWith, lives[1]?.stoppedWith]).toEqual([expect.objectContaining({ ok: false }), undefined]);
    post(FILL);
    expect(lives.map(({ accepted }) => accepted.length)).toEqual([0, 1]);
  });
});

describe('a symbol that is stopped', () => {
  it('ends its actor and tells everybody who waits to try again', async () => {
    const { host, start, lives, post } = scriptedHost();
    await start();
    const life = lives[0];
    if (life !== undefined) life.uncommitted = LIMITS.uncommittedPerSymbolMax;
    const waiting = post(FILL);
    host.stop();
    expect(codeOf(waiting)).toBe('UNAVAILABLE');
    expect(life?.stoppedWith).toMatchObject({ error: { code: 'UNAVAILABLE' } });
    expect(codeOf(post(FILL))).toBe('UNAVAILABLE');
  });

  it('is not claimed again when it waited for a restart', async () => {
    const { host, start, clock, script, post, claims, lives } = scriptedHost();
    await start();
    script.crashesOn = isPoison;
    const replies = post(POISON);
    host.stop();
    expect(codeOf(replies)).toBe('UNAVAILABLE');
    await clock.advance(60_000);
    expect([claims(), lives.length, clock.pending]).toEqual([0, 1, 0]);
  });

  it('is not claimed again when a resume was on its way to the ledger', async () => {
    const { host, post, clock, ledger, claims } = await haltedHost();
    let stored = (_: boolean): void => {};
    ledger.halt = () => new Promise((resolve) => (stored = resolve));
    post(control('resume', 'looked at'));
    await settled();
    const before = claims();
    host.stop();
    stored(true);
    await clock.advance(60_000);
    expect(claims()).toBe(before);
  });

  it('ends a life that was still starting', async () => {
    const { host, start, lives } = scriptedHost();
    const started = start();
    host.stop();
    await started;
    expect(lives[0]?.stoppedWith).toBeDefined();
    expect(host.actor).toBeUndefined();
  });

  it('does not start again from a claim that was on its way', async () => {
    const { host, start, lives, clock, script, nextClaim } = scriptedHost();
    await start();
    script.claims.push(async () => {
      host.stop();
      return nextClaim();
    });
    lives[0]?.supervisor.onOver('fenced', undefined);
    await clock.advance(1_000);
    expect(lives).toHaveLength(1);
  });
});

describe('the market of a symbol', () => {
  it('waits while the symbol restarts and is then delivered to the new life', async () => {
    const { host, start, clock, script, post, lives } = scriptedHost();
    await start();
    script.crashesOn = isPoison;
    post(POISON);
    script.crashesOn = () => false;
    let delivered = false;
    const delivery = host.market(TRADE).then(() => (delivered = true));
    await settled();
    expect(delivered).toBe(false);
    await clock.advance(FIRST_DELAY_MS);
    await delivery;
    expect([lives[0]?.events, lives[1]?.events]).toEqual([[], [TRADE]]);
  });

  it('passes by when the symbol is halted, while it waits too', async () => {
    const { host, script, start, clock, lives } = scriptedHost();
    script.crashesOn = () => true;
    const delivery = host.market(TRADE);
    for (let message = 0; message <= LIMITS.restartsMax; message += 1) host.post(FILL, () => {});
    await start();
    await clock.advance(20_000);
    await delivery;
    expect(host.mode).toBe('halted');
    await host.market(TRADE);
    expect(lives.at(-1)?.events).toEqual([]);
  });

  it('is not kept waiting by a stop', async () => {
    const { host } = scriptedHost();
    const delivery = host.market(TRADE);
    host.stop();
    await delivery;
    expect(host.actor).toBeUndefined();
  });
});

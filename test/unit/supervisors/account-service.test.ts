/** The account of a cluster: decided at one Pod, asked from all, and asked again until somebody answers (I5). */
import { describe, expect, it } from 'vitest';
import type { EntryAsk } from '../../../actors/symbol/entry-ask.ts';
import { parseDecimal } from '../../../domain/money.ts';
import { RetryableError } from '../../../protocol/errors.ts';
import { contentId } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { EntryVerdict } from '../../../protocol/ports/ledger.ts';
import { AccountService } from '../../../supervisors/account-service.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeCluster, type FakePod } from '../../support/fake-pod.ts';

const MARKET_NOW = Date.UTC(2026, 0, 31, 9);
const BALANCE = parseDecimal('10000000');

function startAt(cluster: FakeCluster, pod: FakePod): Promise<AccountService> {
  return AccountService.start({
    ...pod.parts,
    ledger: cluster.ledger.account,
    limits: 'on',
    openingBalance: BALANCE,
    marketNow: () => MARKET_NOW,
  });
}

/** The account at pod-a, asked from pod-b. */
async function twoPods() {
  const cluster = new FakeCluster();
  const [a, b] = [await cluster.join('pod-a'), await cluster.join('pod-b')];
  const here = await startAt(cluster, a);
  const there = await startAt(cluster, b);
  return { cluster, a, b, here, there };
}

function entry(parts: Partial<EntryAsk> = {}): EntryAsk {
  return {
    id: contentId('entry', 1),
    symbol: 'KRW-BTC',
    at: MARKET_NOW,
    price: parseDecimal('119500.12345678'),
    regimeSize: 0.5,
    volatility: { factor: 1, forecast: null },
    amount: parseDecimal('12345.67890123'),
    minimumNotional: parseDecimal('5000'),
    feeRate: parseDecimal('0.0005'),
    haltedReason: null,
    pausedReason: null,
    lastEntryAt: null,
    ...parts,
  };
}

const reservations = ({ ledger }: FakeCluster) => [...ledger.database.reservations.values()];
const asked = ({ server, subjects }: FakeCluster) =>
  server.requested.filter((subject) => subject === subjects.reserve).length;

describe('the account', () => {
  it('is at the first Pod that comes, with its opening balance', async () => {
    const { cluster, here, there } = await twoPods();
    expect([here.isHere, there.isHere]).toEqual([true, false]);
    expect(cluster.ledger.database.account.cash).toBe(BALANCE);
  });

  it('is decided where it is, without the bus', async () => {
    const { cluster, here } = await twoPods();
    expect(await here.reserve(entry())).toMatchObject({ granted: true });
    expect(asked(cluster)).toBe(0);
  });

  it('answers what a person asks, from wherever it is asked', async () => {
    const { here, there } = await twoPods();
    const [own, other] = [await here.get(), await there.get()];
    expect(own).toMatchObject({ ok: true, account: { cash: '10000000' } });
    expect(other).toEqual(own);
  });
});

describe('a symbol of another Pod', () => {
  it('gets the verdict to the last unit', async () => {
    const { cluster, there } = await twoPods();
    const verdict = await there.reserve(entry());
    // 12,345.67890123 and 0.05 % of it for the fee, rounded up: 6.172839450615.
    expect(verdict).toEqual({
      granted: true,
      amount: parseDecimal('12345.67890123'),
      reserve: parseDecimal('12351.85174069'),
    });
    expect(reservations(cluster)).toMatchObject([{ id: entry().id, remaining: parseDecimal('12351.85174069') }]);
  });

  it.each([
    ['a granted entry that the account sizes', { amount: null }],
    ['an entry below the minimum', { amount: parseDecimal('4999.99999999') }],
    ['an entry of a halted symbol', { haltedReason: 'a person said "no"; 한글' }],
    ['an entry of a paused symbol', { pausedReason: 'lunch' }],
    ['an entry too soon after the last one', { lastEntryAt: MARKET_NOW - 1 }],
    ['an entry larger than the cash', { amount: parseDecimal('99999999.00000001') }],
  ])('gets the same verdict as one here: %s', async (_, parts: Partial<EntryAsk>) => {
    const { here, there } = await twoPods();
    const remote = await there.reserve(entry(parts));
    await here.release(entry(parts).id);
    const local = await here.reserve(entry(parts));
    expect(remote).toEqual(local);
    expect(remote.granted).toBe(parts.amount === null);
  });

  it('reserves once however often it asks with the same id', async () => {
    const { cluster, there } = await twoPods();
    const verdicts: EntryVerdict[] = [];
    for (let times = 0; times < 3; times += 1) verdicts.push(await there.reserve(entry()));
    expect(new Set(verdicts.map((verdict) => JSON.stringify(verdict, bigints))).size).toBe(1);
    expect(reservations(cluster)).toHaveLength(1);
    expect(cluster.ledger.database.account.reserved).toBe(parseDecimal('12351.85174069'));
  });

  it('asks again while nobody answers, and is served when somebody does', async () => {
    const { cluster, a, here, there } = await twoPods();
    await a.kill();
    const verdict = there.reserve(entry());
    await cluster.clock.advance(LIMITS.reserveTimeoutMs / 2);
    expect(asked(cluster)).toBeGreaterThan(5);
    // Another Pod has taken it: A's lease is over.
    await cluster.ledger.lapse(a.owner);
    await cluster.clock.advance(LIMITS.heartbeatIntervalMs);
    expect(here.isHere).toBe(true);
    expect(await verdict).toMatchObject({ granted: true });
    expect(there.isHere).toBe(true);
  });

  it('gives up after a while, and says that it may be asked again', async () => {
    const { cluster, a, there } = await twoPods();
    await a.bus.close();
    const verdict = there.reserve(entry()).catch((error: unknown) => error);
    await cluster.clock.advance(LIMITS.reserveTimeoutMs);
    const error = await verdict;
    expect(error).toBeInstanceOf(RetryableError);
    expect(String(error)).toMatch('the account can not be asked: nobody listens');
    expect(reservations(cluster)).toEqual([]);
  });

  it('gives up in time also when the account does not answer', async () => {
    const { cluster, a, there } = await twoPods();
    a.freeze();
    const verdict = there.reserve(entry()).catch((error: unknown) => error);
    await cluster.clock.advance(LIMITS.reserveTimeoutMs + 1_000);
    expect(await verdict).toBeInstanceOf(RetryableError);
  });

  it('asks again when the Pod that has the account may have lost it', async () => {
    const { cluster, a, there } = await twoPods();
    a.membership.stop();
    const verdict = there.reserve(entry()).catch((error: unknown) => error);
    await cluster.clock.advance(1_000);
    expect(asked(cluster)).toBeGreaterThan(1);
    await cluster.clock.advance(2 * LIMITS.leaseTtlMs);
    expect(await verdict).toBeDefined();
  });

  it('does not ask again for what is no question', async () => {
    const { cluster, there } = await twoPods();
    await expect(there.reserve(entry({ price: 0n }))).rejects.toThrow('price: must be greater than 0');
    expect(asked(cluster)).toBe(1);
  });

  it('frees what is still held, wherever the account is', async () => {
    const { cluster, there } = await twoPods();
    await there.reserve(entry());
    await there.release(entry().id);
    expect(cluster.ledger.database.account.reserved).toBe(0n);
    await there.release(entry().id);
    expect(cluster.ledger.database.account.reserved).toBe(0n);
  });
});

describe('an account that moves', () => {
  it('is decided at the next Pod at once, with the same money, and the old one asks there', async () => {
    const { cluster, here, there } = await twoPods();
    await here.reserve(entry());
    await here.stop();
    await settled();
    expect([here.isHere, there.isHere]).toEqual([false, true]);
    expect(await here.reserve(entry({ id: contentId('entry', 2), symbol: 'KRW-ETH' }))).toMatchObject({
      granted: true,
    });
    expect(asked(cluster)).toBe(1);
    expect(cluster.ledger.database.account).toMatchObject({ cash: BALANCE, deposits: BALANCE });
    expect(reservations(cluster)).toHaveLength(2);
  });

  it('is fenced where it was: a decision of the old epoch is refused, asked again, and made at the new owner', async () => {
    const { cluster, a, b, here, there } = await twoPods();
    // Nothing of it reaches A.
    a.bus.frozen = true;
    await cluster.ledger.ownership.releaseSingleton(a.owner, 'account');
    await b.watch.refresh();
    await settled();
    expect([here.isHere, there.isHere]).toEqual([true, true]);
    await expect(here.reserve(entry())).rejects.toThrow('another Pod owns the account now');
    expect(here.isHere).toBe(false);
    expect(await here.reserve(entry())).toMatchObject({ granted: true });
    expect(reservations(cluster)).toHaveLength(1);
  });
});

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** What Pods say to each other about an entry arrives as it was sent, to the last unit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeVerdict, encodeAsk, encodeVerdict } from '../../../actors/account/wire.ts';
import type { EntryAsk } from '../../../actors/symbol/entry-ask.ts';
import { contentId } from '../../../protocol/ids.ts';
import { reserveRequest } from '../../../protocol/messages.ts';
import type { EntryVerdict } from '../../../protocol/ports/ledger.ts';

/** Below what the wire takes, above what any market has. */
const units = fc.bigInt({ min: 1n, max: 10n ** 22n });
const time = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
const reason = fc.option(fc.string());

const asks: fc.Arbitrary<EntryAsk> = fc.record({
  id: fc.nat().map((seed) => contentId('entry', seed)),
  symbol: fc.constantFrom('KRW-BTC', 'KRW-1INCH'),
  at: time,
  price: units,
  regimeSize: fc.double({ min: 0, max: 2, noNaN: true }).map(Math.abs),
  volatility: fc.record({
    factor: fc.constantFrom(0.5, 1),
    forecast: fc.option(fc.double({ min: 0, max: 50, noNaN: true }).map(Math.abs)),
  }),
  amount: fc.option(units),
  minimumNotional: fc.oneof(units, fc.constant(0n)),
  feeRate: fc.bigInt({ min: 0n, max: 10n ** 8n }),
  haltedReason: reason,
  pausedReason: reason,
  lastEntryAt: fc.option(time),
});

const overTheWire = (value: unknown): Record<string, unknown> =>
  JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

describe('an entry on the wire', () => {
  it('is asked as it was meant', () => {
    fc.assert(
      fc.property(asks, time, (ask, deadline) => {
        expect(reserveRequest.parse(JSON.parse(encodeAsk(ask, deadline)))).toEqual({ ...ask, deadline });
      }),
    );
  });

  it('is granted to the last unit', () => {
    fc.assert(
      fc.property(units, units, (amount, reserve) => {
        const verdict: EntryVerdict = { granted: true, amount, reserve };
        expect(decodeVerdict({ ok: true, ...overTheWire(encodeVerdict(verdict)) })).toEqual(verdict);
      }),
    );
  });

  it('is denied with the numbers that decided', () => {
    const verdict: EntryVerdict = {
      granted: false,
      denied: { code: 'CASH', message: 'free cash is short', details: { freeCash: '0.00000001', wanted: 5 } },
    };
    expect(decodeVerdict(overTheWire(encodeVerdict(verdict)))).toEqual(verdict);
    expect(decodeVerdict({ ok: true, ...overTheWire(encodeVerdict(verdict)) })).toMatchObject(verdict);
  });

  it.each([
    [{}],
    [{ granted: true }],
    [{ granted: true, amount: '1' }],
    [{ granted: false }],
    [{ granted: true, amount: 'x', reserve: '1' }],
  ])('is no verdict: %j', (value) => {
    expect(() => decodeVerdict(value)).toThrow();
  });
});

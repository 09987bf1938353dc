/** Every bad input gets a message that names its field; every good one comes out exact. */
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { LIMITS } from '../../../protocol/limits.ts';
import {
  cancelRequest,
  cashRequest,
  controlRequest,
  describeIssues,
  drainRequest,
  fillBatchRequest,
  fillRequest,
  orderRequest,
  resolveRequest,
  symbolsRequest,
  uuidTime,
} from '../../../protocol/messages.ts';

const ID = '019c1234-5678-7abc-8def-0123456789ab';

const VALID = {
  fill: { id: ID, side: 'buy', quantity: '0.5', price: '100' },
  order: { id: ID, side: 'buy', type: 'market', amount: '10000' },
  cancel: { id: ID, orderId: 'order-1' },
  control: { id: ID, reason: 'looked at' },
  resolve: { id: ID, orderId: 'order-1', outcome: 'cancelled', reason: 'asked the venue' },
  cash: { id: ID, amount: '1000' },
} as const;

const SCHEMAS = {
  fill: fillRequest,
  order: orderRequest,
  cancel: cancelRequest,
  control: controlRequest,
  resolve: resolveRequest,
  cash: cashRequest,
} as const satisfies Record<keyof typeof VALID, z.ZodType>;

/** What the sender is told about a request with these changes; `undefined` removes a field. */
function problem(kind: keyof typeof VALID, changes: Readonly<Record<string, unknown>>): string {
  const request = JSON.parse(JSON.stringify({ ...VALID[kind], ...changes })) as unknown;
  const parsed = SCHEMAS[kind].safeParse(request);
  return parsed.success ? 'accepted' : describeIssues(parsed.error);
}

describe.each(Object.keys(VALID) as (keyof typeof VALID)[])('a %s request', (kind) => {
  it('is accepted when it is complete', () => {
    expect(problem(kind, {})).toBe('accepted');
    expect(problem(kind, { deadline: '2026-01-31T09:00:00Z' })).toBe('accepted');
  });

  it('names every field that is missing', () => {
    for (const field of Object.keys(VALID[kind])) expect(problem(kind, { [field]: undefined })).toContain(field);
  });

  it('names a field it does not know', () => {
    expect(problem(kind, { quantitty: '1' })).toContain('quantitty');
  });

  it.each([
    ['id', 7],
    ['id', 'order-1'],
    ['id', `${ID}0`],
    ['deadline', 'tomorrow'],
    ['deadline', 1_769_850_000_000],
    ['deadline', '2026-01-31T09:00:00+09:00'],
    ['deadline', '2026-02-30T09:00:00Z'],
  ])('names %s when it is %s', (field, value) => {
    expect(problem(kind, { [field]: value })).toMatch(new RegExp(`^${field}: `));
  });
});

describe('a bad value', () => {
  it.each<[keyof typeof VALID, string, unknown]>([
    ['fill', 'side', 'hold'],
    ['fill', 'side', null],
    ['fill', 'quantity', 1],
    ['fill', 'quantity', '0'],
    ['fill', 'quantity', '-1'],
    ['fill', 'quantity', '0.000000001'],
    ['fill', 'quantity', '1e3'],
    ['fill', 'quantity', '1,5'],
    ['fill', 'quantity', ''],
    ['fill', 'quantity', 'NaN'],
    ['fill', 'quantity', '1000000000000000'],
    ['fill', 'quantity', '9'.repeat(200_000)],
    ['fill', 'price', ' 1'],
    ['fill', 'price', ['1']],
    ['fill', 'fee', '-0.1'],
    ['fill', 'fee', null],
    ['fill', 'at', '2026-01-31 09:00:00'],
    ['order', 'type', 'stop'],
    ['order', 'timeInForce', 'DAY'],
    ['order', 'price', '100'],
    ['order', 'quantity', '1'],
    ['order', 'amount', '0'],
    ['cancel', 'orderId', ''],
    ['cancel', 'orderId', 'x'.repeat(65)],
    ['control', 'reason', '   '],
    ['control', 'reason', 'x'.repeat(LIMITS.reasonLengthMax + 1)],
    ['control', 'reason', 5],
    ['resolve', 'outcome', 'lost'],
    ['cash', 'amount', '-5'],
    ['cash', 'reason', ''],
  ])('in a %s request: %s = %j is named', (kind, field, value) => {
    const text = problem(kind, { [field]: value });
    expect(text).toMatch(new RegExp(`^${field}: .`));
    expect(text.length).toBeLessThan(300);
  });

  it('names all of them, ten at most', () => {
    const text = problem('fill', { id: 'x', side: 'x', quantity: 'x', price: 'x' });
    for (const field of ['id', 'side', 'quantity', 'price']) expect(text).toContain(`${field}: `);
    expect(text.split('; ')).toHaveLength(4);
  });

  it.each([null, [], 'text', 7, true])('of the whole request (%j) is refused', (value) => {
    const parsed = fillRequest.safeParse(value);
    expect(parsed.success ? 'accepted' : describeIssues(parsed.error)).toMatch(/object/);
  });
});

describe('an order', () => {
  it.each([
    [
      'a limit order without a price',
      { type: 'limit', amount: undefined, quantity: '1' },
      'price: a limit order needs a price',
    ],
    ['a market order with a price', { price: '100' }, 'price: a market order takes no price'],
    ['neither quantity nor amount', { amount: undefined }, 'quantity: give quantity or amount'],
    ['both quantity and amount', { quantity: '1' }, 'quantity: give quantity or amount'],
    ['a sell for an amount', { side: 'sell' }, 'amount: only a market buy takes an amount'],
    ['a limit buy for an amount', { type: 'limit', price: '100' }, 'amount: only a market buy takes an amount'],
  ])('with %s is refused', (_, changes, message) => {
    expect(problem('order', changes)).toContain(message);
  });

  it.each([
    { amount: undefined, quantity: '1' },
    { side: 'sell', amount: undefined, quantity: '1' },
    { type: 'limit', amount: undefined, quantity: '1', price: '100', timeInForce: 'GTC' },
  ])('is accepted as %j', (changes) => {
    expect(problem('order', changes)).toBe('accepted');
  });
});

describe('what comes out', () => {
  it('is exact, to the last unit, and canonical', () => {
    const request = fillRequest.parse({
      ...VALID.fill,
      id: ID.toUpperCase(),
      quantity: '0.00000001',
      price: '1.500000000',
      fee: '0',
    });
    expect(request).toEqual({ id: ID, side: 'buy', quantity: 1n, price: 150_000_000n, fee: 0n });
    // One unit below the limit of 1e15.
    expect(fillRequest.parse({ ...VALID.fill, quantity: '999999999999999.99999999' }).quantity).toBe(10n ** 23n - 1n);
  });

  it('has times in milliseconds and reasons without blanks around them', () => {
    const request = controlRequest.parse({ id: ID, reason: '  looked at ', deadline: '2026-01-31T09:00:00.250Z' });
    expect(request).toEqual({ id: ID, reason: 'looked at', deadline: Date.UTC(2026, 0, 31, 9, 0, 0, 250) });
  });
});

describe('requests with lists', () => {
  const fills = (count: number) => ({ fills: Array.from({ length: count }, () => VALID.fill) });
  const symbols = (count: number) => ({ symbols: Array.from({ length: count }, () => 'KRW-BTC') });
  const text = (schema: z.ZodType, value: unknown): string => {
    const parsed = schema.safeParse(value);
    return parsed.success ? 'accepted' : describeIssues(parsed.error);
  };

  it('are bounded', () => {
    expect(text(fillBatchRequest, fills(LIMITS.fillsPerRequestMax))).toBe('accepted');
    expect(text(fillBatchRequest, fills(LIMITS.fillsPerRequestMax + 1))).toBe(
      'fills: holds more than 256 fills: split the request',
    );
    expect(text(fillBatchRequest, fills(0))).toBe('fills: holds no fill');
    expect(text(fillBatchRequest, { fills: 'all' })).toMatch(/^fills: /);
    expect(text(symbolsRequest, symbols(LIMITS.symbolsPerRequestMax))).toBe('accepted');
    expect(text(symbolsRequest, symbols(LIMITS.symbolsPerRequestMax + 1))).toMatch(/^symbols: /);
    expect(text(symbolsRequest, symbols(0))).toMatch(/^symbols: /);
    expect(text(symbolsRequest, { symbols: ['KRW-BTC', 7] })).toMatch(/^symbols\.1: /);
    expect(text(drainRequest, { pod: '' })).toMatch(/^pod: /);
  });
});

describe('the time in an id', () => {
  it('is read from version 7 and from no other', () => {
    // The example of RFC 9562, appendix A.6: 2022-02-22T19:22:22Z.
    expect(uuidTime('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')).toBe(Date.UTC(2022, 1, 22, 19, 22, 22));
    expect(uuidTime('919108f7-52d1-4320-9bac-f847db4148a8')).toBeUndefined();
  });
});

/** Two readers of the same bytes must never disagree about money: the quick one says the same as the schema, or nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tryParseDecimal } from '../../domain/money.ts';
import { fillRequest } from '../../protocol/messages.ts';
import { plainFill } from '../../protocol/plain-fill.ts';

/** Texts around what a decimal is: right, wrong, long, odd. */
const decimalText = fc.oneof(
  fc.stringMatching(/^-?\d{1,18}(\.\d{0,10})?$/),
  fc.stringMatching(/^[0-9.eE+\- ]{0,12}$/),
  fc.constantFrom('', '0', '-0', '00.10', '.5', '5.', '1e3', ' 1', '1 ', '+1', '0.00000001', '9999999.99999999', '１'),
);
const time = fc.oneof(
  fc
    .date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') })
    .map((date) => date.toISOString()),
  fc.constantFrom(
    '2026-02-29T00:00:00.000Z',
    '2026-02-30T00:00:00Z',
    '2026-01-31T09:00:00Z',
    '2026-01-31T09:00:00+09:00',
    'now',
    '',
  ),
  fc.stringMatching(/^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d\.\d{3}Z$/),
);
const id = fc.oneof(
  fc.uuid(),
  fc.uuid().map((text) => text.toUpperCase()),
  fc.string({ maxLength: 40 }),
);
const odd = fc.oneof(fc.integer(), fc.constantFrom(null, true, [], {}));
const maybe = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 8, arbitrary: value as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: odd });
const fill = fc.record(
  {
    id: maybe(id),
    side: maybe(fc.constantFrom('buy', 'sell', 'BUY', '')),
    quantity: maybe(decimalText),
    price: maybe(decimalText),
    fee: maybe(decimalText),
    at: maybe(time),
    deadline: maybe(time),
    surplus: odd,
  },
  { requiredKeys: ['id', 'side', 'quantity', 'price'] },
);
const rightFill = fc.record(
  {
    id: fc.uuid(),
    side: fc.constantFrom('buy', 'sell'),
    quantity: decimalText,
    price: decimalText,
    fee: decimalText,
    deadline: time,
  },
  { requiredKeys: ['id', 'side', 'quantity', 'price'] },
);

describe('a fill that is read quickly', () => {
  it('is what the schema reads', () => {
    let agreed = 0;
    fc.assert(
      fc.property(fc.oneof(fill, rightFill), (value) => {
        const quick = plainFill(JSON.parse(JSON.stringify(value)));
        if (quick === undefined) return;
        agreed += 1;
        const parsed = fillRequest.safeParse(value);
        expect(parsed.data).toEqual(quick);
      }),
      { numRuns: 20_000 },
    );
    expect(agreed).toBeGreaterThan(100);
  });

  it('has the units that its text says, digit by digit', () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        const match = /^(-?)(\d{1,20})(?:\.(\d+))?$/.exec(text);
        const fraction = match?.[3] ?? '';
        const expected =
          match === null || /[1-9]/.test(fraction.slice(8))
            ? undefined
            : BigInt(`${match[1]}${match[2]}${fraction.slice(0, 8).padEnd(8, '0')}`);
        expect(tryParseDecimal(text)).toBe(expected);
      }),
      { numRuns: 20_000 },
    );
  });
});

/** Bytes from the bus: whatever comes, a message or a refusal leaves, never an exception. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSymbolCommand, pastDeadline } from '../../../actors/symbol/decode.ts';
import { ERROR_CODES } from '../../../protocol/errors.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { SYMBOL_COMMANDS } from '../../../protocol/subjects.ts';

const NOW = Date.UTC(2026, 0, 31, 9);
const DAY_MS = 86_400_000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (command: string, value: unknown) => decodeSymbolCommand(command, bytes(JSON.stringify(value)), NOW);

/** A version 7 id of this moment. */
function idAt(time: number): string {
  const hex = time.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-0123456789ab`;
}

const FILL = { id: idAt(NOW), side: 'buy', quantity: '0.5', price: '100' };

function codeOf(decoded: ReturnType<typeof decodeSymbolCommand>): string {
  return 'ok' in decoded ? decoded.error.code : decoded.type;
}

function messageOf(decoded: ReturnType<typeof decodeSymbolCommand>): string {
  return 'ok' in decoded ? decoded.error.message : '';
}

describe('a symbol command', () => {
  it('becomes the message of its name', () => {
    const requests: Readonly<Record<(typeof SYMBOL_COMMANDS)[number], unknown>> = {
      fill: FILL,
      order: { id: FILL.id, side: 'buy', type: 'market', amount: '10000' },
      cancel: { id: FILL.id, orderId: 'order-1' },
      flatten: { id: FILL.id, reason: 'leave' },
      pause: { id: FILL.id, reason: 'look' },
      resume: { id: FILL.id, reason: 'go on' },
      halt: { id: FILL.id, reason: 'stop' },
      resolve: { id: FILL.id, orderId: 'order-1', outcome: 'cancelled', reason: 'asked' },
      get: {},
      explain: {},
    };
    for (const command of SYMBOL_COMMANDS) expect(codeOf(decode(command, requests[command]))).toBe(command);
  });

  it('needs no payload to read', () => {
    for (const command of ['get', 'explain'])
      expect(codeOf(decodeSymbolCommand(command, new Uint8Array(), NOW))).toBe(command);
  });

  it('that does not exist is INVALID, and named', () => {
    const decoded = decode('destroy', {});
    expect([codeOf(decoded), messageOf(decoded)]).toEqual(['INVALID', 'there is no symbol command "destroy"']);
  });
});

describe('a payload', () => {
  it('may have as many bytes as the limit says, and not one more', () => {
    const padded = (length: number): Uint8Array => bytes(JSON.stringify(FILL).padEnd(length));
    expect(codeOf(decodeSymbolCommand('fill', padded(LIMITS.payloadBytesMax), NOW))).toBe('fill');
    expect(decodeSymbolCommand('fill', padded(LIMITS.payloadBytesMax + 1), NOW)).toMatchObject({
      error: { code: 'INVALID', details: { bytes: 262_145, bytesMax: 262_144 } },
    });
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['text that is not JSON', bytes('{"id": ')],
    ['bytes that are not UTF-8', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])],
    ['half a character', bytes('"가"').slice(0, 3)],
  ])('of %s is INVALID and says why', (_, data) => {
    const decoded = decodeSymbolCommand('fill', data, NOW);
    expect([codeOf(decoded), messageOf(decoded)]).toEqual(['INVALID', expect.stringContaining('not JSON in UTF-8')]);
  });

  it('nested as deep as its bytes allow is INVALID', () => {
    const depth = LIMITS.payloadBytesMax / 2;
    const nested = '['.repeat(depth) + ']'.repeat(depth);
    expect(codeOf(decodeSymbolCommand('fill', bytes(nested), NOW))).toBe('INVALID');
    expect(codeOf(decodeSymbolCommand('fill', bytes(`{"fills":${nested.slice(5, -5)}}`), NOW))).toMatch(/fill|INVALID/);
  });
});

describe('a deadline', () => {
  it('is judged where the ledger is asked first; the moment itself still counts', () => {
    const at = (time: number) => pastDeadline({ deadline: time }, NOW)?.error.code;
    expect([at(NOW - 1), at(NOW), at(NOW + 1)]).toEqual(['EXPIRED', undefined, undefined]);
    expect(codeOf(decode('fill', { ...FILL, deadline: new Date(NOW - 1).toISOString() }))).toBe('fill');
  });

  it('of a batch is that of its fills, unless they have their own', () => {
    const own = new Date(NOW - 1).toISOString();
    const all = new Date(NOW + 5).toISOString();
    expect(decode('fill', { fills: [{ ...FILL, deadline: own }, FILL], deadline: all })).toMatchObject({
      items: [{ deadline: NOW - 1 }, { deadline: NOW + 5 }],
    });
  });
});

describe('the age of an id', () => {
  const at = (time: number) => decode('fill', { ...FILL, id: idAt(time) });

  it('may be 90 days and no more: then it can no longer be told whether it was used', () => {
    expect(codeOf(at(NOW - 90 * DAY_MS))).toBe('fill');
    expect(codeOf(at(NOW - 90 * DAY_MS - 1))).toBe('EXPIRED');
  });

  it('may lie a day in the future and no more', () => {
    expect(codeOf(at(NOW + DAY_MS))).toBe('fill');
    expect([codeOf(at(NOW + DAY_MS + 1)), messageOf(at(NOW + DAY_MS + 1))]).toEqual([
      'INVALID',
      expect.stringMatching(/^id: /),
    ]);
  });

  it('is not asked of ids without a time', () => {
    expect(codeOf(decode('fill', { ...FILL, id: '919108f7-52d1-4320-9bac-f847db4148a8' }))).toBe('fill');
  });
});

describe('a batch of fills', () => {
  it('keeps its order, with the refusal of a bad fill in its place', () => {
    const decoded = decode('fill', { fills: [FILL, { ...FILL, quantity: '-1' }, 7, { ...FILL, side: 'sell' }] });
    expect(decoded).toMatchObject({
      type: 'fill',
      batch: true,
      items: [
        { side: 'buy' },
        { error: { message: 'quantity: must be greater than 0' } },
        { ok: false },
        { side: 'sell' },
      ],
    });
  });

  it('is INVALID as a whole when it is none, or holds too many', () => {
    for (const fills of [[], 'all', null, Array.from({ length: LIMITS.fillsPerRequestMax + 1 }, () => FILL)]) {
      expect(codeOf(decode('fill', { fills }))).toBe('INVALID');
    }
  });
});

describe('anything else', () => {
  const command = fc.constantFrom(...SYMBOL_COMMANDS, 'unknown');
  const check = (name: string, data: Uint8Array): void => {
    const decoded = decodeSymbolCommand(name, data, NOW);
    if ('ok' in decoded) {
      expect(ERROR_CODES).toContain(decoded.error.code);
      expect(decoded.error.message).not.toBe('');
    } else {
      expect(decoded.type).toBe(name);
    }
  };

  it('of random bytes never throws', () => {
    fc.assert(fc.property(command, fc.uint8Array({ maxLength: 200 }), check), { numRuns: 500 });
  });

  it('of random JSON never throws', () => {
    fc.assert(
      fc.property(command, fc.json(), (name, text) => check(name, bytes(text))),
      { numRuns: 500 },
    );
  });

  it('of requests with random values in known fields never throws', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        'buy',
        'sell',
        'market',
        'limit',
        'filled',
        '1',
        '0.1',
        '-0',
        '1e9',
        '9'.repeat(40),
        FILL.id,
        idAt(0),
      ),
      fc.constantFrom('2026-01-31T09:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z'),
    );
    const fields = [
      'id',
      'side',
      'type',
      'quantity',
      'amount',
      'price',
      'fee',
      'at',
      'deadline',
      'reason',
      'orderId',
      'outcome',
      'fills',
    ];
    const request = fc.dictionary(fc.constantFrom(...fields, '__proto__', 'constructor'), value);
    fc.assert(
      fc.property(command, request, (name, fuzzed) => check(name, bytes(JSON.stringify({ ...FILL, ...fuzzed })))),
      { numRuns: 1_000 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentId, fingerprint } from '../../../protocol/ids.ts';

const part = fc.oneof(fc.string(), fc.integer());

describe('an id made from content', () => {
  it('is a UUID of version 8 and the RFC variant, for any content', () => {
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        expect(contentId(...parts)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }),
    );
  });

  it('is the same for the same content and another for any other', () => {
    fc.assert(
      fc.property(fc.array(part), fc.array(part), (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(contentId(...one) === contentId(...other)).toBe(same);
      }),
    );
  });

  it('tells parts apart that look alike when they are joined', () => {
    const ids = [
      contentId('a', 'bc'),
      contentId('ab', 'c'),
      contentId('abc'),
      contentId('abc', ''),
      contentId('1'),
      contentId(1),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('never changes between releases: ids in a ledger are found again', () => {
    // sha256 of ["entry","KRW-BTC",7,1640995200000], cut to 16 bytes with version and variant set.
    expect(contentId('entry', 'KRW-BTC', 7, 1_640_995_200_000)).toBe('138ce216-b628-8fc4-a278-85f9069c9624');
  });
});

describe('a fingerprint', () => {
  it('is sixteen hexadecimal digits of the sha256', () => {
    // The well-known sha256 of the empty text starts so.
    expect(fingerprint('')).toBe('e3b0c44298fc1c14');
    expect(fingerprint('a')).not.toBe(fingerprint('b'));
  });
});

/** Bad parameters get a sentence that says what is wrong; nothing is guessed. */
import { describe, expect, it } from 'vitest';
import {
  count,
  optionalSeq,
  optionalTime,
  optionalTradeCursor,
  readParameters,
  requiredSymbol,
} from '../../../gateway/http/parameters.ts';

const SPECIFICATION = {
  symbol: requiredSymbol,
  limit: count(1, 500, 100),
  from: optionalTime,
  seq: optionalSeq,
  before: optionalTradeCursor,
};

const read = (query: string) => readParameters(new URLSearchParams(query), SPECIFICATION);

describe('parameters', () => {
  it('are read, and have their standard where they are absent or empty', () => {
    expect(read('symbol=KRW-BTC')).toEqual({
      ok: true,
      values: { symbol: 'KRW-BTC', limit: 100, from: undefined, seq: undefined, before: undefined },
    });
    expect(read('symbol=KRW-BTC&limit=&from=2026-01-31T09:00:00Z&seq=7&before=17.3.KRW-ETH')).toMatchObject({
      values: { limit: 100, from: Date.UTC(2026, 0, 31, 9), seq: '7', before: '17.3.KRW-ETH' },
    });
  });

  it.each([
    ['', 'symbol is missing'],
    ['symbol=', 'symbol is missing'],
    ['symbol=krw-btc', 'symbol must be a symbol such as KRW-BTC, not "krw-btc"'],
    ['symbol=KRW-BTC.fill', 'symbol must'],
    ['symbol=*', 'symbol must'],
    ['symbol=>', 'symbol must'],
    ["symbol=' or 1=1", 'symbol must'],
    ['symbol=KRW-BTC%00', 'symbol must'],
    ['symbol=KRW-BTC&symbol=KRW-ETH', 'symbol is given more than once'],
    ['symbol=KRW-BTC&limit=0', 'limit must be a whole number from 1 to 500, not "0"'],
    ['symbol=KRW-BTC&limit=501', 'limit must'],
    ['symbol=KRW-BTC&limit=-1', 'limit must'],
    ['symbol=KRW-BTC&limit=1.5', 'limit must'],
    ['symbol=KRW-BTC&limit=1e2', 'limit must'],
    ['symbol=KRW-BTC&limit=0x10', 'limit must'],
    ['symbol=KRW-BTC&limit=NaN', 'limit must'],
    ['symbol=KRW-BTC&limit= 5', 'limit must'],
    ['symbol=KRW-BTC&from=yesterday', 'from must be an ISO-8601 UTC time'],
    ['symbol=KRW-BTC&from=2026-13-31T09:00:00Z', 'from must'],
    ['symbol=KRW-BTC&from=2026-01-31T09:00:00', 'from must'],
    ['symbol=KRW-BTC&from=2026-02-31T09:00:00Z', 'from must'],
    ['symbol=KRW-BTC&from=2025-02-29T00:00:00Z', 'from must'],
    ['symbol=KRW-BTC&from=2026-02-31', 'from must'],
    ['symbol=KRW-BTC&from=1700000000000', 'from must'],
    ['symbol=KRW-BTC&seq=-1', 'seq must'],
    ['symbol=KRW-BTC&seq=99999999999999999999', 'seq must'],
    ['symbol=KRW-BTC&before=17.3', 'before must'],
    ['symbol=KRW-BTC&before=17.3.KRW-BTC; drop', 'before must'],
    ['symbol=KRW-BTC&limits=5', 'there is no parameter "limits"'],
    ['symbol=KRW-BTC&__proto__=5', 'there is no parameter "__proto__"'],
    ['symbol=KRW-BTC&constructor=5', 'there is no parameter'],
  ])('are refused: %s', (query, problem) => {
    const result = read(query);
    expect(result.ok).toBe(false);
    expect((result as { problem: string }).problem).toContain(problem);
  });

  it('are not repeated at any length', () => {
    const result = read(`symbol=${'x'.repeat(5_000)}`) as { problem: string };
    expect(result.problem.length).toBeLessThan(120);
  });
});

/** What is nobody's fault here: waited for, and never a reason to halt a symbol or to end a process. */
import { describe, expect, it } from 'vitest';
import { RetryableError } from '../../../protocol/errors.ts';
import { asOutsideFailure } from '../../../supervisors/outside-failure.ts';

const failure = (code: string): Error => Object.assign(new Error('as a library reports it'), { code });

describe('a failure from outside', () => {
  it.each([
    ['a refused connection', 'ECONNREFUSED'],
    ['a database that starts', '57P03'],
    ['a database without connections left', '53300'],
    ['a database without disk left', '53100'],
  ])('is %s', (_, code) => {
    expect(asOutsideFailure(failure(code))).toBeInstanceOf(RetryableError);
  });

  it('is no failure of a statement of ours', () => {
    const ours = failure('42703');
    expect(asOutsideFailure(ours)).toBe(ours);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Random } from '../../../protocol/ports/clock.ts';
import { RestartPolicy } from '../../../supervisors/restart-policy.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const SETTINGS = { restartsMax: 5, windowMs: 60_000, backoffFirstMs: 100, backoffMaxMs: 1_000 };

function policyWith(random: number, settings = SETTINGS) {
  const clock = new FakeClock();
  const fixed: Random = { next: () => random };
  return { clock, policy: new RestartPolicy(settings, clock, fixed) };
}

/** The delays of `count` failures at once; a give-up shows as its number of failures, negative. */
function failures(policy: RestartPolicy, count: number): number[] {
  return Array.from({ length: count }, () => {
    const decision = policy.failed();
    return decision.type === 'restart' ? decision.delayMs : -decision.failures;
  });
}

describe('the restart policy', () => {
  it('doubles the delay up to its maximum, half of it left to chance', () => {
    // Ceilings are 100, 200, 400, 800 and then 1,000; the least is half of each.
    expect(failures(policyWith(0).policy, 5)).toEqual([50, 100, 200, 400, 500]);
    expect(failures(policyWith(0.5).policy, 5)).toEqual([75, 150, 300, 600, 750]);
  });

  it('gives up at the failure after the last restart allowed, and stays so while the window lasts', () => {
    expect(failures(policyWith(0).policy, 7).slice(5)).toEqual([-6, -7]);
  });

  it('counts only failures within the window', async () => {
    const { policy, clock } = policyWith(0);
    failures(policy, 5);
    await clock.advance(SETTINGS.windowMs - 1);
    expect(policy.failed().type).toBe('give-up');
    // The five are a whole window old now, the sixth is not: it counts, and the delay is that of a second failure.
    await clock.advance(1);
    expect(policy.failed()).toEqual({ type: 'restart', delayMs: 100 });
    await clock.advance(SETTINGS.windowMs);
    expect(policy.failed()).toEqual({ type: 'restart', delayMs: 50 });
  });

  it('never gives up on failures that are rare enough', async () => {
    const { policy, clock } = policyWith(0);
    for (let failure = 0; failure < 50; failure += 1) {
      expect(policy.failed().type).toBe('restart');
      await clock.advance(SETTINGS.windowMs / SETTINGS.restartsMax);
    }
  });

  it('forgets the past when a person resets it', () => {
    const { policy } = policyWith(0);
    failures(policy, 6);
    policy.reset();
    expect(failures(policy, 6)).toEqual([50, 100, 200, 400, 500, -6]);
  });

  it('gives up at the first failure when no restart is allowed', () => {
    expect(policyWith(0, { ...SETTINGS, restartsMax: 0 }).policy.failed()).toEqual({ type: 'give-up', failures: 1 });
  });

  it('waits between half and the whole of the ceiling, whatever chance says', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat({ max: 4 }),
        (random, earlier) => {
          const { policy } = policyWith(random);
          failures(policy, earlier);
          const ceiling = Math.min(SETTINGS.backoffMaxMs, SETTINGS.backoffFirstMs * 2 ** earlier);
          const [delay = 0] = failures(policy, 1);
          expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
          expect(delay).toBeLessThanOrEqual(ceiling);
        },
      ),
    );
  });
});

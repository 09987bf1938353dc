/** Which suites a run has: what is wrong with a command is known before the first server starts. */
import { describe, expect, it } from 'vitest';
import { choose, insistOnBroker } from '../../bench/harness/choice.ts';
import { UsageError } from '../../bench/harness/options.ts';

const LEDGER = { name: 'ledger', scenarios: ['hot/1', 'hot/256'], contenders: ['for-update', 'coinpilot'] };
const LIMITS = {
  name: 'limits',
  scenarios: ['bus', 'loop'],
  contenders: ['request', 'json'],
  brokerScenarios: ['bus'],
};
const BOTH = [LEDGER, LIMITS];
const NOTHING = { scenarios: [], contenders: [] };
const names = (asked: { scenarios?: string[]; contenders?: string[] }) =>
  choose(BOTH, { ...NOTHING, ...asked }).suites.map(({ name }) => name);

describe('the suites of a run', () => {
  it('are all that were asked for', () => {
    expect(choose(BOTH, NOTHING)).toEqual({ suites: BOTH, notes: [] });
  });

  it('leave out one without the scenario, and say so', () => {
    const choice = choose(BOTH, { ...NOTHING, scenarios: ['loop'] });
    expect(choice).toEqual({
      suites: [LIMITS],
      notes: ['ledger is left out: it has no scenario of that name'],
    });
    expect(names({ contenders: ['coinpilot'] })).toEqual(['ledger']);
    expect(names({ scenarios: ['hot/1', 'loop'] })).toEqual(['ledger', 'limits']);
  });

  it.each([
    [{ scenarios: ['hot/1', 'hto/256'] }, 'no scenario "hto/256"; there are: hot/1, hot/256, bus, loop'],
    [{ contenders: ['jsno'] }, 'no contender "jsno"'],
    [{ scenarios: ['loop'], contenders: ['coinpilot'] }, 'no suite has both'],
  ])('are refused for %o', (asked, told) => {
    expect(() => names(asked)).toThrow(UsageError);
    expect(() => names(asked)).toThrow(told);
  });

  it('are refused without a broker only where they need one', () => {
    expect(() => insistOnBroker(BOTH, NOTHING, false)).toThrow('nats-server is missing, which limits needs: scripts/');
    expect(() => insistOnBroker(BOTH, NOTHING, true)).not.toThrow();
    expect(() => insistOnBroker([LEDGER], NOTHING, false)).not.toThrow();
    expect(() => insistOnBroker([LIMITS], { ...NOTHING, scenarios: ['loop'] }, false)).not.toThrow();
  });
});

/** Which suites a run has, by what was asked for and what there is: everything wrong is known before anything starts. */
import { type BenchOptions, UsageError } from './options.ts';
import type { Suite } from './suite.ts';

type Asked = Pick<BenchOptions, 'scenarios' | 'contenders'>;
type Described = Pick<Suite, 'name' | 'scenarios' | 'contenders' | 'brokerScenarios'>;

export interface Choice<Chosen> {
  readonly suites: readonly Chosen[];
  /** Sentences about suites that are left out. */
  readonly notes: readonly string[];
}

/** A suite without a scenario or without a contender that was asked for is left out. Throws UsageError. */
export function choose<Chosen extends Described>(suites: readonly Chosen[], asked: Asked): Choice<Chosen> {
  insistOnNames('scenario', asked.scenarios, [...new Set(suites.flatMap(({ scenarios }) => scenarios))]);
  insistOnNames('contender', asked.contenders, [...new Set(suites.flatMap(({ contenders }) => contenders))]);
  const lacks = (suite: Chosen) =>
    hasOne(asked.scenarios, suite.scenarios)
      ? hasOne(asked.contenders, suite.contenders)
        ? ''
        : 'contender'
      : 'scenario';
  const chosen = suites.filter((suite) => lacks(suite) === '');
  if (chosen.length === 0) throw new UsageError('no suite has both this scenario and this contender');
  const leftOut = suites.filter((suite) => !chosen.includes(suite));
  return {
    suites: chosen,
    notes: leftOut.map((suite) => `${suite.name} is left out: it has no ${lacks(suite)} of that name`),
  };
}

/** Whether what is asked of this suite needs a broker. */
export function usesBroker({ brokerScenarios = [] }: Described, { scenarios }: Pick<Asked, 'scenarios'>): boolean {
  return brokerScenarios.length > 0 && hasOne(scenarios, brokerScenarios);
}

/** Throws UsageError. */
export function insistOnBroker(suites: readonly Described[], asked: Asked, hasBroker: boolean): void {
  const inNeed = hasBroker ? [] : suites.filter((suite) => usesBroker(suite, asked)).map(({ name }) => name);
  if (inNeed.length === 0) return;
  const how = 'scripts/install-test-servers.sh installs it (Debian: apt-get install nats-server)';
  throw new UsageError(
    `nats-server is missing, which ${inNeed.join(', ')} ${inNeed.length === 1 ? 'needs' : 'need'}: ${how}`,
  );
}

function insistOnNames(what: string, asked: readonly string[], known: readonly string[]): void {
  const unknown = asked.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no ${what} "${unknown}"; there are: ${known.join(', ')}`);
}

function hasOne(asked: readonly string[], known: readonly string[]): boolean {
  return asked.length === 0 || asked.some((name) => known.includes(name));
}

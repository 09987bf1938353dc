/** Runs one scenario, round after round on one cluster, and judges all of it at the end by SQL and the clients' records. */
import { Cluster } from '../../test/support/cluster.ts';
import type { ExternalPostgres } from '../../test/support/external-postgres.ts';
import { judge } from '../../test/support/fill-verdict.ts';
import { median } from '../harness/statistics.ts';
import { type LoadSettings, observe } from './load.ts';
import type { Scenario } from './scenario.ts';

export interface Measured {
  readonly scenario: string;
  readonly title: string;
  /** Over all rounds, like the counts after it. */
  readonly commands: number;
  readonly failed: number;
  readonly lost: number;
  readonly doubled: number;
  readonly wrong: number;
  /** Median of the rounds. */
  readonly longestStallMs: number;
  readonly targetMs: number;
  readonly stallsMs: readonly number[];
  /** Sentences; empty when everything holds. */
  readonly faults: readonly string[];
}

export interface MeasureOptions {
  readonly postgres: ExternalPostgres;
  readonly symbols: readonly string[];
  readonly rounds: number;
  readonly load: LoadSettings;
}

export async function measure(scenario: Scenario, options: MeasureOptions): Promise<Measured> {
  const { postgres, symbols, rounds, load } = options;
  const databaseUrl = await postgres.createDatabase(`failover_${scenario.name}`);
  const cluster = await Cluster.start({ databaseUrl, symbols });
  try {
    await cluster.grow(scenario.pods);
    const records = await cluster.fund();
    const stallsMs: number[] = [];
    const problems: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const observed = await observe(cluster, load, async () => {
        const problem = await scenario.event(cluster, round);
        if (problem !== undefined) problems.push(problem);
      });
      records.push(...observed.records);
      stallsMs.push(observed.longestStallMs);
      await scenario.restore(cluster, round);
    }
    const { faults, ...counts } = await judge(databaseUrl, { records });
    return {
      scenario: scenario.name,
      title: scenario.title,
      ...counts,
      longestStallMs: median(stallsMs),
      targetMs: scenario.targetMs,
      stallsMs,
      faults: [...problems, ...faults],
    };
  } finally {
    await cluster.stop();
  }
}

/** What one commit costs when it is all there is: a tiny update of a row of one's own, prepared, in the way of pgbench. */
import pg from 'pg';
import { type Contender, closedLoop, interleave } from '../harness/interleave.ts';
import { isAsked, type Row, type SuiteContext } from '../harness/suite.ts';

export const COMMITS = 'commits';
const CONNECTIONS = [1, 10];
const ROUNDS = 5;
/** Prepared by its name, once a session. */
const UPDATE = { name: 'count', text: 'update counters set value = value + 1 where id = $1' };

export const COMMIT_CONTENDERS = CONNECTIONS.map(nameOf);

export async function measureCommits(context: SuiteContext): Promise<{ rows: readonly Row[] }> {
  const postgres = await context.postgres();
  const url = await postgres.createDatabase('limits_commits');
  const clients: pg.Client[] = [];
  try {
    for (let id = 0; id < Math.max(...CONNECTIONS); id += 1) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      clients.push(client);
    }
    await clients[0]?.query('create table counters (id integer primary key, value bigint not null)');
    await clients[0]?.query('insert into counters select id, 0 from generate_series(0, $1) id', [clients.length]);
    context.progress(COMMITS);
    const rows = await interleave({
      scenario: COMMITS,
      contenders: CONNECTIONS.map((connections) => contend(clients.slice(0, connections))).filter(({ name }) =>
        isAsked(name, nameOf(1), context),
      ),
      baseline: nameOf(1),
      rounds: context.rounds ?? (context.isQuick ? 2 : ROUNDS),
      warmUpMs: 200,
      sliceMs: context.isQuick ? 200 : 600,
    });
    return { rows };
  } finally {
    for (const client of clients) await client.end();
  }
}

function contend(clients: readonly pg.Client[]): Contender {
  return {
    name: nameOf(clients.length),
    slice: (durationMs) =>
      closedLoop(clients.length, durationMs, async (caller) => {
        await clients[caller]?.query({ ...UPDATE, values: [caller] });
      }),
  };
}

function nameOf(connections: number): string {
  return connections === 1 ? '1 connection' : `${connections} connections`;
}

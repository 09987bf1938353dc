/** Every ledger behind the ports, for suites that hold for all of them. Each test starts with an empty one. */
import { Client } from 'pg';
import { MemoryAccount } from '../../ledger/memory/memory-account.ts';
import { MemoryCommit } from '../../ledger/memory/memory-commit.ts';
import { MemoryDatabase } from '../../ledger/memory/memory-database.ts';
import { MemoryOwnership } from '../../ledger/memory/memory-ownership.ts';
import { MemoryPaperStore } from '../../ledger/memory/memory-paper-store.ts';
import { MemoryReader } from '../../ledger/memory/memory-reader.ts';
import { PostgresAccount } from '../../ledger/postgres/account.ts';
import { PostgresCommit } from '../../ledger/postgres/commit.ts';
import { createControlPool } from '../../ledger/postgres/connection.ts';
import { PostgresOwnership } from '../../ledger/postgres/ownership.ts';
import { PostgresPaperStore } from '../../ledger/postgres/paper-store.ts';
import { createReaderPool, PostgresReader } from '../../ledger/postgres/reader.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { AccountPort, CommitPort, LedgerReader, LedgerWriter } from '../../protocol/ports/ledger.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { Owner, OwnershipPort } from '../../protocol/ports/ownership.ts';
import type { PaperStore } from '../../protocol/ports/paper-store.ts';
import { createDatabase } from './postgres.ts';

export interface Ledger {
  readonly commit: CommitPort;
  readonly ownership: OwnershipPort;
  readonly account: AccountPort;
  readonly reader: LedgerReader & LedgerWriter;
  readonly paper: PaperStore;
  /** Lets this incarnation's lease run out, as time would. */
  lapse(owner: Owner): Promise<void>;
  /** Makes this incarnation's last heartbeat so much older; its lease runs on. */
  age(owner: Owner, ms: number): Promise<void>;
}

export interface LedgerServer {
  /** An empty ledger. The one before it is gone. */
  fresh(): Promise<Ledger>;
  stop(): Promise<void>;
}

export interface LedgerImplementation {
  readonly name: string;
  start(): Promise<LedgerServer>;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Stands still: nothing in a contract waits for time. */
const stillClock: Clock = {
  now: () => Date.parse('2024-03-01T00:00:00Z'),
  monotonic: () => 0,
  after: () => () => undefined,
};

export function memoryLedger(clock: Clock = stillClock): Ledger & { readonly database: MemoryDatabase } {
  const database = new MemoryDatabase(clock);
  return {
    database,
    commit: new MemoryCommit(database),
    ownership: new MemoryOwnership(database),
    account: new MemoryAccount(database),
    reader: new MemoryReader(database),
    paper: new MemoryPaperStore(database),
    async lapse(owner) {
      const pod = database.pods.get(owner.pod);
      if (pod?.incarnation === owner.incarnation) pod.expiresAt = database.clock.now() - 1;
      for (const role of database.singletons.values())
        if (role.owner?.incarnation === owner.incarnation) role.expiresAt = database.clock.now() - 1;
    },
    async age(owner, ms) {
      const pod = database.pods.get(owner.pod);
      if (pod?.incarnation === owner.incarnation) pod.heartbeatAt -= ms;
    },
  };
}

export const MEMORY: LedgerImplementation = {
  name: 'memory',
  start: async () => ({ fresh: async () => memoryLedger(), stop: async () => undefined }),
};

export const POSTGRES: LedgerImplementation = { name: 'postgres', start: () => startPostgresLedger() };

export const LEDGERS: readonly LedgerImplementation[] = [POSTGRES, MEMORY];

/** Everything a migration did not put there. */
const EMPTY = `
  truncate ledger_info, pods, positions, journal, orders, account, reservations, risk_days, singletons, candles,
    dead_letters, paper_fills, paper_orders, funnel, equity;
  insert into account default values;
  insert into singletons (name) values ('account'), ('cluster');`;

export interface PostgresLedgerServer extends LedgerServer {
  readonly url: string;
  /** A superuser's connection to the same database, to look and to break things. */
  readonly admin: Client;
}

/** `prepare` runs in the database (its name is `%I` there) before anything else connects to it. */
export async function startPostgresLedger(prepare?: string): Promise<PostgresLedgerServer> {
  const database = await createDatabase('ledger');
  if (prepare !== undefined) await prepareDatabase(database.url, prepare);
  const control = createControlPool(database.url, silentLog);
  const readers = createReaderPool(database.url);
  const admin = new Client({ connectionString: database.url });
  await admin.connect();
  let writer: PostgresCommit | undefined;
  return {
    url: database.url,
    admin,
    async fresh() {
      await writer?.close();
      await admin.query(EMPTY);
      writer = await PostgresCommit.connect(database.url, () => undefined);
      return {
        commit: writer,
        ownership: new PostgresOwnership(control),
        account: new PostgresAccount(control),
        reader: new PostgresReader(readers),
        paper: new PostgresPaperStore(control),
        async lapse(owner) {
          await admin.query(
            `update pods set expires_at = clock_timestamp() - interval '1 millisecond' where pod = $1 and incarnation = $2`,
            [owner.pod, owner.incarnation],
          );
          await admin.query(
            `update singletons set expires_at = clock_timestamp() - interval '1 millisecond' where incarnation = $1`,
            [owner.incarnation],
          );
        },
        async age(owner, ms) {
          await admin.query(
            `update pods set heartbeat_at = heartbeat_at - $3 * interval '1 millisecond' where pod = $1 and incarnation = $2`,
            [owner.pod, owner.incarnation, ms],
          );
        },
      };
    },
    async stop() {
      await writer?.close();
      await control.end();
      await readers.dispose();
      await admin.end();
      await database.drop();
    },
  };
}

async function prepareDatabase(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement.replace('%I', `"${new URL(url).pathname.slice(1)}"`));
  } finally {
    await client.end();
  }
}

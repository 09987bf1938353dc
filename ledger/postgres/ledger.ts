/** The Postgres ledger, opened: its pools and the ports over them. The writer connection is opened apart, per life. */
import type { ConnectionPool } from '@databases/pg';
import type pg from 'pg';
import type { FeedReader } from '../../protocol/ports/feed-reader.ts';
import type { AccountPort, LedgerReader, LedgerWriter } from '../../protocol/ports/ledger.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { OwnershipPort } from '../../protocol/ports/ownership.ts';
import type { PaperStore } from '../../protocol/ports/paper-store.ts';
import { PostgresAccount } from './account.ts';
import { createControlPool, ledgerFailure } from './connection.ts';
import { PostgresFeedReader } from './feed-reader.ts';
import { PostgresOwnership } from './ownership.ts';
import { PostgresPaperStore } from './paper-store.ts';
import { createReaderPool, PostgresReader } from './reader.ts';

/** Somebody waits in front of a page: what takes longer is not worth waiting for. */
const GATEWAY_STATEMENT_MS_MAX = 8_000;

export class PostgresLedger {
  readonly ownership: OwnershipPort;
  readonly account: AccountPort;
  readonly store: LedgerReader & LedgerWriter;
  readonly paper: PaperStore;
  /** What the gateway reads, over connections of its own: people who look never keep a symbol from recovering. */
  readonly feed: FeedReader;
  readonly #control: pg.Pool;
  readonly #reader: ConnectionPool;
  readonly #gateway: ConnectionPool;

  private constructor(control: pg.Pool, reader: ConnectionPool, gateway: ConnectionPool) {
    this.#control = control;
    this.#reader = reader;
    this.#gateway = gateway;
    this.ownership = new PostgresOwnership(control);
    this.account = new PostgresAccount(control);
    this.store = new PostgresReader(reader);
    this.paper = new PostgresPaperStore(control);
    this.feed = new PostgresFeedReader(gateway);
  }

  /** Opens the pools and makes one query, so that a wrong address or password shows here. */
  static async open(options: { readonly url: string; readonly log: Log }): Promise<PostgresLedger> {
    const control = createControlPool(options.url, options.log);
    const ledger = new PostgresLedger(
      control,
      createReaderPool(options.url),
      createReaderPool(options.url, { name: 'coinpilot-gateway', statementMsMax: GATEWAY_STATEMENT_MS_MAX }),
    );
    try {
      await control.query('select 1');
    } catch (cause) {
      await ledger.close();
      throw ledgerFailure(cause);
    }
    return ledger;
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#control.end(), this.#reader.dispose(), this.#gateway.dispose()]);
  }
}

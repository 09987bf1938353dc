/**
 * What the parts of an engine have made and share. Each field is set by its part before the parts behind it start, and set
 * again when the part is restarted.
 */
import type { Broker } from '../../adapters/broker/broker.ts';
import type { EmbeddedPostgres } from '../../adapters/embedded-postgres/server.ts';
import type { NatsBus } from '../../adapters/nats/bus.ts';
import type { PaperVenue } from '../../adapters/paper/paper-venue.ts';
import type { ClosedTrade } from '../../domain/trade.ts';
import type { GroupCommit, GroupCommitStats } from '../../ledger/group-commit.ts';
import type { PostgresLedger } from '../../ledger/postgres/ledger.ts';
import { TerminalError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { Feed } from '../../protocol/ports/market.ts';
import { Subjects } from '../../protocol/subjects.ts';
import type { MarketIntake } from '../market-intake.ts';
import type { Pod } from '../pod.ts';
import type { EngineConfig } from './engine-config.ts';
import type { StateFolder } from './state-folder.ts';

export interface EngineCallbacks {
  /** A part keeps failing, or failed in a way only a person can mend: the process should end. */
  readonly onGiveUp: (part: string, error: unknown) => void;
  /** The feed has ended and everything that follows from it is committed and stored. */
  readonly onFeedEnd: () => void;
  readonly onDrain: (reason: string) => void;
  readonly onTrade: (trade: ClosedTrade) => void;
}

export class EngineContext {
  readonly config: EngineConfig;
  readonly log: Log;
  readonly state: StateFolder | undefined;
  readonly callbacks: EngineCallbacks;
  readonly subjects: Subjects;
  pod!: Pod;
  postgres: EmbeddedPostgres | undefined;
  broker: Broker | undefined;
  bus!: NatsBus;
  ledger!: PostgresLedger;
  venue!: PaperVenue;
  feed: Feed | undefined;
  queue: GroupCommit | undefined;
  intake: MarketIntake | undefined;
  http: { readonly url: string; readonly port: number } | undefined;

  constructor(config: EngineConfig, state: StateFolder | undefined, log: Log, callbacks: EngineCallbacks) {
    this.config = config;
    this.state = state;
    this.log = log;
    this.callbacks = callbacks;
    this.subjects = new Subjects(config.prefix);
  }

  /** Everything serves at this moment, and not only until it is handed over. */
  get ready(): boolean {
    return this.pod.serving && !this.pod.ending && this.pod.ledgerUp && this.bus.connected && this.pod.holds;
  }

  get natsUrl(): string {
    return this.config.natsUrl ?? this.broker?.url ?? '';
  }

  get databaseUrl(): string {
    return this.config.databaseUrl ?? this.postgres?.url ?? '';
  }

  get commits(): GroupCommitStats {
    return this.queue?.stats ?? { commits: 0, rows: 0 };
  }

  /** Undefined before the first market event. */
  get marketTime(): number | undefined {
    return this.intake?.marketTime;
  }

  get folder(): StateFolder {
    if (this.state === undefined) throw new TerminalError('embedded servers need a state folder (--state)');
    return this.state;
  }
}

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
import type { AccountService } from '../account-service.ts';
import type { MarketIntake } from '../market-intake.ts';
import type { Membership } from '../membership.ts';
import { PodStats } from '../pod-stats.ts';
import type { SymbolSupervisor } from '../symbols.ts';
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

/** How long a stopping part waits for the ledger while it answers, and when it is gone. */
const PATIENCE_MS = 1_500;
const PATIENCE_WITHOUT_LEDGER_MS = 50;

export class EngineContext {
  readonly config: EngineConfig;
  readonly log: Log;
  readonly state: StateFolder | undefined;
  readonly callbacks: EngineCallbacks;
  readonly subjects: Subjects;
  readonly stats = new PodStats();
  /** Uncommitted journal rows of all symbols. */
  readonly load = { rows: 0 };
  postgres: EmbeddedPostgres | undefined;
  broker: Broker | undefined;
  bus!: NatsBus;
  ledger!: PostgresLedger;
  venue!: PaperVenue;
  feed: Feed | undefined;
  membership: Membership | undefined;
  queue: GroupCommit | undefined;
  account: AccountService | undefined;
  symbols: SymbolSupervisor | undefined;
  intake: MarketIntake | undefined;
  http: { readonly url: string } | undefined;
  serving = false;
  /** False from the moment the ledger failed until the writer is back: stopping then waits for nothing of it. */
  ledgerUp = false;

  constructor(config: EngineConfig, state: StateFolder | undefined, log: Log, callbacks: EngineCallbacks) {
    this.config = config;
    this.state = state;
    this.log = log;
    this.callbacks = callbacks;
    this.subjects = new Subjects(config.prefix);
  }

  /** Everything serves at this moment. */
  get ready(): boolean {
    return this.serving && this.ledgerUp && this.bus.connected && (this.membership?.holds ?? false);
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

  get patienceMs(): number {
    return this.ledgerUp ? PATIENCE_MS : PATIENCE_WITHOUT_LEDGER_MS;
  }

  get folder(): StateFolder {
    if (this.state === undefined) throw new TerminalError('embedded servers need a state folder (--state)');
    return this.state;
  }
}

export function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a part was started before those it depends on');
  return value;
}

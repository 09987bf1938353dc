/**
 * The memory twin's tables: what the Postgres schema holds, as maps, shared by the small port implementations beside this
 * file. Every port method changes it between two awaits at most once, so each is a transaction by itself.
 *
 * It has no timers, no randomness and no clock of its own: leases run by the clock that is handed in, so a simulator and
 * a backtest get the same run from the same inputs (I9).
 */
import type { Units } from '../../domain/money.ts';
import { isFinal, type Order } from '../../domain/order.ts';
import { FLAT, type Position } from '../../domain/position.ts';
import { DEFAULT_RISK_SETTINGS, type RiskSettings } from '../../domain/risk.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type {
  DeadLetter,
  DurableState,
  EquitySnapshot,
  FlattenOrder,
  IntentLimits,
  StoredRow,
} from '../../protocol/ports/ledger.ts';
import type { Owner, PodState } from '../../protocol/ports/ownership.ts';
import type { PaperBookOrder } from '../../protocol/ports/paper-store.ts';
import type { VenueTrade } from '../../protocol/ports/venue.ts';
import type { LedgerInfo } from '../ledger-info.ts';
import type { PlacedOrder } from '../paper-book.ts';
import type { ReservationStatus } from '../reservation.ts';
import { CandleTable } from './candle-table.ts';
import { JournalTable } from './journal-table.ts';

export interface PodRecord {
  readonly incarnation: string;
  state: PodState;
  heartbeatAt: number;
  expiresAt: number;
}

export interface PositionRecord {
  readonly symbol: string;
  owner: Owner | null;
  epoch: number;
  version: number;
  position: Position;
  mode: string;
  haltedReason: string | null;
  /** As the last commit that changed it left it; mode and halt may be newer. */
  durable: DurableState | null;
  removed: boolean;
}

export interface SingletonRecord {
  owner: Owner | null;
  epoch: number;
  /** Of a role with a lease of its own. */
  expiresAt: number;
}

export interface ReservationRecord {
  readonly id: string;
  readonly symbol: string;
  remaining: Units;
  status: ReservationStatus;
  limits: IntentLimits | undefined;
}

export interface AccountRecord {
  cash: Units;
  reserved: Units;
  deposits: Units;
  withdrawals: Units;
  version: number;
  pausedReason: string | null;
  haltedReason: string | null;
  limits: Partial<RiskSettings>;
  flatten: FlattenOrder | null;
  lossesInRow: number;
  cooldownFrom: number | null;
  referenceEquity: Units | null;
  referenceDay: string | null;
  referenceNetDeposits: Units | null;
}

export interface PaperRecord {
  readonly placed: PlacedOrder;
  status: PaperBookOrder['status'];
  readonly trades: VenueTrade[];
}

export class MemoryDatabase {
  readonly clock: Clock;
  readonly pods = new Map<string, PodRecord>();
  readonly positions = new Map<string, PositionRecord>();
  readonly journal = new JournalTable();
  readonly orders = new Map<string, Order>();
  readonly account: AccountRecord = {
    cash: 0n,
    reserved: 0n,
    deposits: 0n,
    withdrawals: 0n,
    version: 0,
    pausedReason: null,
    haltedReason: null,
    limits: {},
    flatten: null,
    lossesInRow: 0,
    cooldownFrom: null,
    referenceEquity: null,
    referenceDay: null,
    referenceNetDeposits: null,
  };
  /** Losing trades in a row that start the cooldown. */
  lossesInARowMax = DEFAULT_RISK_SETTINGS.lossesInARowMax;
  readonly reservations = new Map<string, ReservationRecord>();
  /** By market time. */
  readonly equity = new Map<number, EquitySnapshot>();
  readonly riskDays = new Map<string, { profit: Units; entries: number }>();
  readonly singletons = new Map<string, SingletonRecord>([['account', { owner: null, epoch: 0, expiresAt: 0 }]]);
  readonly candles = new CandleTable();
  /** Sums over all days and symbols by `REGIME/REASON`. */
  readonly funnel = new Map<string, number>();
  readonly deadLetters: DeadLetter[] = [];
  readonly paperOrders = new Map<string, PaperRecord>();
  readonly paperTradeIds = new Set<string>();
  info: LedgerInfo | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Whether this incarnation's lease runs. Without an owner there is none. */
  isLive(owner: Owner | null): boolean {
    if (owner === null) return false;
    const pod = this.pods.get(owner.pod);
    return pod?.incarnation === owner.incarnation && pod.expiresAt > this.clock.now();
  }

  addPosition(symbol: string): void {
    this.positions.set(symbol, {
      symbol,
      owner: null,
      epoch: 0,
      version: 0,
      position: FLAT,
      mode: 'starting',
      haltedReason: null,
      durable: null,
      removed: false,
    });
  }

  /** What recovery asks for, in the order of their last change; all others are history. */
  unfinishedOrders(symbols: ReadonlySet<string>): Order[] {
    return [...this.orders.values()].filter(({ symbol, status }) => symbols.has(symbol) && !isFinal(status));
  }

  /**
   * Lets go of what is over: rows of the journal, orders and reservations with their end behind them. What goes on from here
   * is the same, but a repeated id is not recognised any more: for a backtest of years, which repeats none.
   */
  forgetHistory(): void {
    this.journal.forget();
    for (const [id, { status }] of this.orders) if (isFinal(status)) this.orders.delete(id);
    for (const [id, { status }] of this.reservations) {
      if (status === 'settled' || status === 'released') this.reservations.delete(id);
    }
    for (const [id, { status, trades }] of this.paperOrders) {
      if (status === 'open') continue;
      this.paperOrders.delete(id);
      for (const { tradeId } of trades) this.paperTradeIds.delete(tradeId);
    }
  }

  /** Appends a change of the cluster itself to its own stream. */
  recordClusterEvent(body: string): StoredRow {
    const seq = this.journal.head('cluster') + 1;
    const row: StoredRow = {
      symbol: 'cluster',
      seq,
      // Unique in its stream, which is all that is asked of it.
      id: `cluster ${seq}`,
      kind: 'ownership',
      at: this.clock.now(),
      fill: null,
      orderId: null,
      positionAfter: FLAT,
      request: null,
      body,
    };
    this.journal.append(row);
    return row;
  }
}

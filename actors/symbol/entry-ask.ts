/** What a symbol tells the account when it wants to enter; the account adds what only it knows and decides. */
import type { Units } from '../../domain/money.ts';
import type { Volatility } from '../../domain/volatility.ts';

export interface EntryAsk {
  /** Pure function of what was decided: asking again after a lost answer reserves once. */
  readonly id: string;
  readonly symbol: string;
  /** Market time of the decision. */
  readonly at: number;
  readonly price: Units;
  /** Share of the standard size in the regime of the decision. */
  readonly regimeSize: number;
  readonly volatility: Volatility;
  /** Fixed notional of an order by hand; null lets the account size the entry. */
  readonly amount: Units | null;
  readonly minimumNotional: Units;
  readonly feeRate: Units;
  readonly haltedReason: string | null;
  readonly pausedReason: string | null;
  /** Market time of this symbol's last ordered entry. */
  readonly lastEntryAt: number | null;
}

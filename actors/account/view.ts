/** The account as `cp.account.get` tells it: money as decimal strings, the limits it decides by, who is stopped and why. */
import { formatDecimal, type Units } from '../../domain/money.ts';
import type { RiskSettings } from '../../domain/risk.ts';
import type { AccountState } from '../../protocol/ports/ledger.ts';
import { exposureOf } from './decide.ts';

export interface ViewSurroundings {
  readonly settings: RiskSettings;
  readonly enforced: boolean;
  readonly heldAtMarket: Units;
  /** UTC date of market time. */
  readonly day: string;
}

export function accountView(state: AccountState, surroundings: ViewSurroundings): Record<string, unknown> {
  const { settings, enforced, heldAtMarket, day } = surroundings;
  const equity = state.cash + heldAtMarket;
  return {
    cash: formatDecimal(state.cash),
    reserved: formatDecimal(state.reserved),
    equity: formatDecimal(equity),
    exposure: formatDecimal(exposureOf(state, heldAtMarket)),
    referenceEquity: state.referenceEquity === null ? null : formatDecimal(state.referenceEquity),
    day: {
      day: state.day?.day ?? day,
      profit: formatDecimal(state.day?.profit ?? 0n),
      entries: state.day?.entries ?? 0,
      lossesInRow: state.lossesInRow,
      ...sinceReference(state, equity),
    },
    limits: { enforced, ...settings },
    paused: state.pausedReason,
    halted: state.haltedReason,
    deposits: formatDecimal(state.deposits),
    withdrawals: formatDecimal(state.withdrawals),
    version: state.version,
  };
}

/** What the day has brought on top of its reference equity, realized or not. Cash that was moved meanwhile is no profit. */
function sinceReference(state: AccountState, equity: Units): Record<'netDeposits' | 'equityProfit', string | null> {
  const { referenceEquity, referenceNetDeposits } = state;
  if (referenceEquity === null || referenceNetDeposits === null) return { netDeposits: null, equityProfit: null };
  const netDeposits = state.deposits - state.withdrawals - referenceNetDeposits;
  return {
    netDeposits: formatDecimal(netDeposits),
    equityProfit: formatDecimal(equity - referenceEquity - netDeposits),
  };
}

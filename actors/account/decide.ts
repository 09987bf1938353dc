/** What becomes of an entry, given the locked account: its size, or the first refusal with the numbers that decided. */
import { maximum, ONE, type Units } from '../../domain/money.ts';
import { checkEntry, dailyLossMax, dayOf, type RiskSettings, sizeEntry } from '../../domain/risk.ts';
import type { AccountState, EntryVerdict } from '../../protocol/ports/ledger.ts';
import type { EntryAsk } from '../symbol/entry-ask.ts';

/** What the account knows beside its row. */
export interface Surroundings {
  readonly settings: RiskSettings;
  readonly enforced: boolean;
  /** Positions at market. */
  readonly heldAtMarket: Units;
}

export function decideEntry(ask: EntryAsk, state: AccountState, surroundings: Surroundings): EntryVerdict {
  const { settings, enforced, heldAtMarket } = surroundings;
  const freeCash = maximum(state.cash - state.reserved, 0n);
  const exposure = exposureOf(state, heldAtMarket);
  const referenceEquity = state.referenceEquity ?? state.cash + heldAtMarket;
  const { feeRate, regimeSize } = ask;
  const volatilityFactor = ask.volatility.factor;
  const amount =
    ask.amount ?? sizeEntry({ referenceEquity, freeCash, exposure, regimeSize, volatilityFactor, feeRate }, settings);
  const occupied = occupiedSymbols(state);
  const halted = state.haltedReason ?? ask.haltedReason;
  const paused = state.pausedReason ?? ask.pausedReason;
  // An entry is counted when its intent commits; until then its place is taken, or many at once would find the same one.
  const undecided = state.reservations.filter(({ status }) => status === 'held').length;
  const request = {
    symbol: ask.symbol,
    at: ask.at,
    amount,
    limits: enforced ? ('on' as const) : ('off' as const),
    ...(halted === null ? {} : { halted }),
    ...(paused === null ? {} : { paused }),
    counters: {
      day: dayOf(ask.at),
      realizedToday: state.day?.profit ?? 0n,
      entriesToday: (state.day?.entries ?? 0) + undecided,
      lossesInARow: state.lossesInRow,
      ...(state.cooldownFrom === null ? {} : { cooldownSince: state.cooldownFrom }),
    },
    occupiedSymbols: occupied.size,
    occupied: occupied.has(ask.symbol),
    ...(ask.lastEntryAt === null ? {} : { lastEntryDecisionAt: ask.lastEntryAt }),
    referenceEquity,
    freeCash,
    exposure,
    volatilityFactor,
    feeRate,
    minimumNotional: ask.minimumNotional,
  };
  const denied = checkEntry(request, settings);
  if (denied !== undefined) return { granted: false, denied };
  const granted = { granted: true, amount, reserve: amount + (amount * feeRate + ONE - 1n) / ONE } as const;
  if (!enforced) return granted;
  const { cooldownMs, dailyEntriesMax, positionsMax } = settings;
  const lossMax = dailyLossMax(referenceEquity, settings);
  const limits = { at: ask.at, day: dayOf(ask.at), cooldownMs, dailyLossMax: lossMax, dailyEntriesMax, positionsMax };
  return { ...granted, limits };
}

/** Symbols with a position or an open entry. */
export function occupiedSymbols(state: AccountState): ReadonlySet<string> {
  return new Set([...state.positions, ...state.reservations].map(({ symbol }) => symbol));
}

/** Positions at market plus what open orders may still spend. */
export function exposureOf(state: AccountState, heldAtMarket: Units): Units {
  return state.reservations.reduce((sum, { remaining }) => sum + remaining, heldAtMarket);
}

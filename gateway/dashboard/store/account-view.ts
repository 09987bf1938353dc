/** What a page knows of the account: the valued account as the engine tells it, kept right by snapshots and events. */
import type { FeedEvent, Stop } from '../../../protocol/feed.ts';
import { stopsAfter } from '../../client/stops.ts';
import { decimalOf, type Json, numberOf, objectOf, textOf } from './json.ts';
import { stopsOf } from './stops.ts';
import type { AccountLimits, AccountView } from './types.ts';

/** `stops`: what the journal has said of them, which the engine does not repeat. */
export function fromAccountState(data: Json, stops: readonly Stop[]): AccountView {
  const day = objectOf(data.day) ?? {};
  return {
    cash: decimalOf(data.cash),
    reserved: decimalOf(data.reserved),
    equity: decimalOf(data.equity),
    exposure: decimalOf(data.exposure),
    referenceEquity: textOf(data.referenceEquity),
    day: {
      day: textOf(day.day) ?? '',
      profit: decimalOf(day.profit),
      entries: numberOf(day.entries),
      lossesInRow: numberOf(day.lossesInRow),
      netDeposits: textOf(day.netDeposits),
      equityProfit: textOf(day.equityProfit),
    },
    limits: limitsOf(objectOf(data.limits)),
    paused: textOf(data.paused),
    halted: textOf(data.halted),
    stops,
    deposits: decimalOf(data.deposits),
    withdrawals: decimalOf(data.withdrawals),
  };
}

/** Only over an account that has been valued: a snapshot knows cash, but not what the rest is worth. */
export function afterAccountSnapshot(view: AccountView, data: Json): AccountView {
  return {
    ...view,
    cash: decimalOf(data.cash),
    reserved: decimalOf(data.reserved),
    deposits: decimalOf(data.deposits),
    withdrawals: decimalOf(data.withdrawals),
    paused: textOf(data.paused),
    halted: textOf(data.halted),
    stops: stopsOf(data.stops),
  };
}

/** What a person said holds at once; cash follows with the next `state`, valued together with the rest. */
export function afterAccountEvent(view: AccountView, event: FeedEvent): AccountView {
  const reason = textOf(event.reason) ?? '';
  const stops = stopsAfter(view.stops, event);
  switch (event.command) {
    case 'pause':
      return { ...view, paused: reason, stops };
    case 'halt':
      return { ...view, halted: reason, stops };
    case 'resume':
      return { ...view, paused: null, halted: null, stops };
    default:
      return view;
  }
}

/** All or nothing: half of the limits would look like all. */
function limitsOf(data: Json | undefined): AccountLimits | null {
  if (data === undefined) return null;
  const { enforced, dailyLossShareMax, dailyEntriesMax, positionsMax, lossesInARowMax, exposureShareMax } = data;
  const numbers = { dailyLossShareMax, dailyEntriesMax, positionsMax, lossesInARowMax, exposureShareMax };
  const isWhole = typeof enforced === 'boolean' && Object.values(numbers).every((value) => typeof value === 'number');
  return isWhole ? ({ enforced, ...numbers } as AccountLimits) : null;
}

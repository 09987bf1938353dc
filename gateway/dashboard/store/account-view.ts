/** What a page knows of the account: the valued account as the engine tells it, kept right by snapshots and events. */
import type { FeedEvent } from '../../../protocol/feed.ts';
import { decimalOf, type Json, numberOf, objectOf, textOf } from './json.ts';
import type { AccountView } from './types.ts';

export function fromAccountState(data: Json): AccountView {
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
    },
    paused: textOf(data.paused),
    halted: textOf(data.halted),
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
  };
}

/** What a person said holds at once; cash follows with the next `state`, valued together with the rest. */
export function afterAccountEvent(view: AccountView, event: FeedEvent): AccountView {
  const reason = textOf(event.reason) ?? '';
  switch (event.command) {
    case 'pause':
      return { ...view, paused: reason };
    case 'halt':
      return { ...view, halted: reason };
    case 'resume':
      return { ...view, paused: null, halted: null };
    default:
      return view;
  }
}

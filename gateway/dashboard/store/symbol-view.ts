/**
 * What a page knows of a symbol, folded from the feed. Snapshot and events give what is durable (position, mode, who paused
 * it); `state` gives what only the running engine knows (exit levels, entry checks) and the mode of the moment.
 */
import { formatDecimal, tryParseDecimal } from '../../../domain/money.ts';
import { averagePrice } from '../../../domain/position.ts';
import type { FeedEvent } from '../../../protocol/feed.ts';
import type { PositionData } from '../../client/channels.ts';
import { afterEvent } from '../../client/symbol-state.ts';
import { decimalOf, type Json, listOf, numberOf, objectOf, textOf } from './json.ts';
import { stopsOf } from './stops.ts';
import type { EntryCheck, SymbolView } from './types.ts';

/** A snapshot replaces everything durable; what only the engine knows stays until the next `state` (null: nothing known). */
export function fromSymbolSnapshot(
  symbol: string,
  data: Json,
  seq: number,
  before: SymbolView | undefined,
): SymbolView {
  return {
    position: positionOf(symbol, objectOf(data.position) ?? {}, seq),
    mode: textOf(data.mode) ?? 'starting',
    pausedReason: textOf(data.pausedReason),
    haltedReason: textOf(data.haltedReason),
    stops: stopsOf(data.stops),
    owner: textOf(data.owner),
    epoch: numberOf(data.epoch),
    openOrders: listOf(data.openOrders),
    exits: before?.exits ?? null,
    explain: before?.explain ?? null,
  };
}

/** Every row raises the version; a fill brings the position after it, a `mode` row what a person said. */
export function afterSymbolEvent(view: SymbolView, event: FeedEvent): SymbolView {
  const { position, mode, pausedReason, haltedReason, stops } = view;
  const before = { seq: position.version, position, mode, pausedReason, haltedReason, stops };
  const { seq: _, ...after } = afterEvent(before, event);
  return { ...view, ...after };
}

export function afterSymbolState(view: SymbolView, data: Json): SymbolView {
  return {
    ...view,
    position: { ...view.position, highWaterMark: textOf(data.highWaterMark) },
    mode: textOf(data.mode) ?? view.mode,
    owner: textOf(data.owner) ?? view.owner,
    epoch: numberOf(data.epoch) || view.epoch,
    pausedReason: textOf(data.pausedReason),
    haltedReason: textOf(data.haltedReason),
    openOrders: listOf(data.openOrders),
    exits: exitsOf(objectOf(data.exits)),
    explain: explainOf(objectOf(data.explain)),
  };
}

function positionOf(symbol: string, data: Json, seq: number): PositionData {
  const position = {
    symbol,
    quantity: decimalOf(data.quantity),
    cost: decimalOf(data.cost),
    realizedPnl: decimalOf(data.realizedPnl),
    version: seq,
    regime: textOf(data.regime),
    highWaterMark: textOf(data.highWaterMark),
    openedAt: textOf(data.openedAt),
  };
  return { ...position, averagePrice: averageOf(position) };
}

function exitsOf(data: Json | undefined): SymbolView['exits'] {
  const [stop, target] = [textOf(data?.stop), textOf(data?.target)];
  if (stop === null || target === null) return null;
  return { stop, target, stopReason: textOf(data?.stopReason) ?? '' };
}

function explainOf(data: Json | undefined): SymbolView['explain'] {
  const [decision, reason] = [textOf(data?.decision), textOf(data?.reason)];
  // The engine may have nothing to explain yet: then its reply is a refusal without these fields.
  if (data === undefined || decision === null || reason === null) return null;
  return {
    decision,
    reason,
    regime: textOf(data.regime) ?? 'UNKNOWN',
    at: textOf(data.at) ?? '',
    checks: listOf(data.checks).map(checkOf),
  };
}

function checkOf(data: Json): EntryCheck {
  const plain = (value: unknown) => (typeof value === 'number' || typeof value === 'string' ? value : null);
  return {
    name: textOf(data.name) ?? '?',
    value: plain(data.value),
    limit: plain(data.limit),
    pass: data.pass === true,
  };
}

function averageOf({ quantity, cost }: { readonly quantity: string; readonly cost: string }): string | null {
  const [held, spent] = [tryParseDecimal(quantity), tryParseDecimal(cost)];
  if (held === undefined || spent === undefined) return null;
  const average = averagePrice({ quantity: held, cost: spent, realizedPnl: 0n });
  return average === undefined ? null : formatDecimal(average);
}

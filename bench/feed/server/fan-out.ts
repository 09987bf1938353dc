/** What every contender is to the load: something that takes events and trades, and tells every client. */
import type { RowKind } from './make-row.ts';

export interface FanOut {
  readonly port: number;
  /** The library that serves. */
  readonly library: string;
  /** Messages that were not sent to clients who read too slowly, and snapshots sent to them instead; since the start. */
  readonly dropped: number;
  readonly resyncs: number;
  /** Something was committed: told to every client in this turn of the loop. */
  event(kind: RowKind): void;
  /** A trade, whose price is its number. Ten times a second every client is told the newest. */
  trade(number: number): void;
  /** Timers run only while it is awake. */
  wake(): void;
  rest(): void;
}

/** The one symbol of the load. */
export const SYMBOL = 'KRW-BTC';
export const CHANNEL = `symbol:${SYMBOL}`;

export const DESIGNS = ['ws-loop', 'ws-loop-once', 'coinpilot', 'coinpilot-ws'] as const;
export type DesignName = (typeof DESIGNS)[number];

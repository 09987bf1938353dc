/** The rows every contender writes, as prepared statements. */
import type { QueryConfig } from 'pg';
import { formatDecimal } from '../../../domain/money.ts';
import type { Fill, Position } from '../../../domain/position.ts';
import type { BenchFill } from '../load.ts';

export function updatePosition(symbol: string, version: number, after: Position): QueryConfig {
  return {
    name: 'update-position',
    text: `update positions set version = $2, quantity = $3, cost = $4, realized_pnl = $5, updated_at = clock_timestamp()
           where symbol = $1`,
    values: [
      symbol,
      version,
      formatDecimal(after.quantity),
      formatDecimal(after.cost),
      formatDecimal(after.realizedPnl),
    ],
  };
}

export function insertJournal(fill: BenchFill, seq: number, priced: Fill, after: Position): QueryConfig {
  return {
    name: 'insert-journal',
    text: `insert into journal (symbol, seq, id, kind, at, side, quantity, price, notional, fee, cost_removed, realized,
                                quantity_after, cost_after, realized_after, request)
           values ($1, $2, $3, 'fill', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    values: [
      fill.symbol,
      seq,
      fill.id,
      new Date(fill.at).toISOString(),
      fill.side,
      formatDecimal(priced.quantity),
      formatDecimal(priced.price),
      formatDecimal(priced.notional),
      formatDecimal(priced.fee),
      formatDecimal(priced.costRemoved),
      formatDecimal(priced.realized),
      formatDecimal(after.quantity),
      formatDecimal(after.cost),
      formatDecimal(after.realizedPnl),
      requestText(fill),
    ],
  };
}

export function settleCash(delta: string): QueryConfig {
  return { name: 'settle-cash', text: 'update account set cash = cash + $1', values: [delta] };
}

/** Tells a repetition from another command under the same id. */
export function requestText(fill: BenchFill): string {
  return ['fill', fill.side, fill.quantity, fill.price, fill.fee, fill.at].join('|');
}

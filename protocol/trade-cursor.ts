/** Where a page of closed trades ends, as text: `<milliseconds>.<seq>.<symbol>` of its last trade. Market time leads. */
import { isSymbol } from '../domain/instrument.ts';

export interface TradeCursor {
  /** Market time at which the trade closed, milliseconds. */
  readonly at: number;
  readonly symbol: string;
  /** Of the journal row that says so. */
  readonly seq: number;
}

const CURSOR = /^(\d{1,15})\.(\d{1,15})\.(.+)$/;

export function formatTradeCursor({ at, symbol, seq }: TradeCursor): string {
  return `${at}.${seq}.${symbol}`;
}

/** Undefined for what is no cursor. */
export function parseTradeCursor(text: string): TradeCursor | undefined {
  const [, at, seq, symbol] = CURSOR.exec(text) ?? [];
  if (symbol === undefined || !isSymbol(symbol)) return undefined;
  return { at: Number(at), seq: Number(seq), symbol };
}

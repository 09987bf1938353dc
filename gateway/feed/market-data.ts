/** Trades and candles as the bus carries them: numbers as text or as numbers, times with or without milliseconds. */
import { type Candle, MINUTE_MS } from '../../domain/candle.ts';

export interface BusTrade {
  readonly price: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface BusCandle {
  readonly candle: Candle;
  /** It replaces what was said of the same minute before. */
  readonly isCorrected: boolean;
}

type Fields = Readonly<Partial<Record<string, unknown>>>;

const DECODER = new TextDecoder();

/** Throws for what is no trade. */
export function decodeTrade(data: Uint8Array): BusTrade {
  const { price, at } = fieldsOf(data);
  return { price: numberOf('price', price), at: timeOf('at', at) };
}

/** Throws for what is no candle of a minute. */
export function decodeCandle(data: Uint8Array): BusCandle {
  const { openTime, open, high, low, close, volume, corrected } = fieldsOf(data);
  const candle = {
    openTime: timeOf('openTime', openTime),
    open: numberOf('open', open),
    high: numberOf('high', high),
    low: numberOf('low', low),
    close: numberOf('close', close),
    volume: numberOf('volume', volume),
  };
  if (candle.openTime % MINUTE_MS !== 0) throw new TypeError('openTime is the start of a minute');
  return { candle, isCorrected: corrected === true };
}

function fieldsOf(data: Uint8Array): Fields {
  const value = JSON.parse(DECODER.decode(data)) as unknown;
  if (typeof value !== 'object' || value === null) throw new TypeError('market data is an object');
  return value as Fields;
}

function numberOf(name: string, value: unknown): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0 || number >= 1e21) {
    throw new TypeError(`${name} is a number`);
  }
  return number;
}

function timeOf(name: string, value: unknown): number {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (!Number.isFinite(time)) throw new TypeError(`${name} is a time`);
  return time;
}

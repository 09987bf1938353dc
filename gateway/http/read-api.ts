/** The read API of docs/FEED.md, "HTTP": parameters in, JSON out, from the ledger. Access was decided before. */
import { maximumDrawdown, withoutDeposits } from '../../domain/drawdown.ts';
import { formatDecimal, parseDecimal } from '../../domain/money.ts';
import { isoTime } from '../../domain/time.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { EquityPoint, FeedReader } from '../../protocol/ports/feed-reader.ts';
import type { HttpResponse } from '../live-server.ts';
import {
  count,
  optionalSeq,
  optionalSymbol,
  optionalTime,
  optionalTradeCursor,
  readParameters,
  requiredSymbol,
} from './parameters.ts';
import { failure, json } from './responses.ts';
import { SharedAnswers } from './shared-answers.ts';

export interface ReadApiOptions {
  readonly reader: FeedReader;
  readonly clock: Clock;
  readonly status: () => Readonly<Record<string, unknown>>;
}

/** Answers one path. Rejects with what the reader rejects with. */
export type ReadHandler = (query: URLSearchParams) => HttpResponse | Promise<HttpResponse>;

const TRADES_STANDARD = 100;
const CANDLES_STANDARD = 300;
const FILLS_STANDARD = 100;
const EQUITY_POINTS_MIN = 2;
const EQUITY_POINTS_STANDARD = 240;
/** A curve costs more than any other read, and every open page asks for the same one. */
const EQUITY_GOOD_FOR_MS = 2_000;

/** By path. */
export function readApi(options: ReadApiOptions): ReadonlyMap<string, ReadHandler> {
  const { reader, clock, status } = options;
  const curves = new SharedAnswers<HttpResponse>(clock, EQUITY_GOOD_FOR_MS);
  return new Map<string, ReadHandler>([
    ['/api/status', () => json(200, status())],
    ['/api/positions', async () => json(200, { positions: await reader.positions(), at: isoTime(clock.now()) })],
    ['/api/trades', (query) => trades(reader, query)],
    ['/api/candles', (query) => candles(reader, query)],
    ['/api/fills', (query) => fills(reader, query)],
    ['/api/equity', (query) => equity(reader, curves, query)],
  ]);
}

async function trades(reader: FeedReader, query: URLSearchParams): Promise<HttpResponse> {
  const asked = readParameters(query, {
    symbol: optionalSymbol,
    limit: count(1, LIMITS.tradesPageMax, TRADES_STANDARD),
    before: optionalTradeCursor,
  });
  if (!asked.ok) return failure('INVALID', asked.problem);
  const { symbol } = asked.values;
  const page = await reader.trades(asked.values);
  if (page.trades.length === 0 && symbol !== undefined) return orUnknown(reader, symbol, page);
  return json(200, page);
}

async function candles(reader: FeedReader, query: URLSearchParams): Promise<HttpResponse> {
  const asked = readParameters(query, {
    symbol: requiredSymbol,
    limit: count(1, LIMITS.candlesPageMax, CANDLES_STANDARD),
    before: optionalTime,
  });
  if (!asked.ok) return failure('INVALID', asked.problem);
  const { symbol, limit, before } = asked.values;
  const page = await reader.candles(symbol, { limit, before: before === undefined ? undefined : isoTime(before) });
  const body = { candles: page };
  return page.length === 0 ? orUnknown(reader, symbol, body) : json(200, body);
}

async function fills(reader: FeedReader, query: URLSearchParams): Promise<HttpResponse> {
  const asked = readParameters(query, {
    symbol: requiredSymbol,
    limit: count(1, LIMITS.fillsPageMax, FILLS_STANDARD),
    before: optionalSeq,
  });
  if (!asked.ok) return failure('INVALID', asked.problem);
  const { symbol, limit, before } = asked.values;
  const page = await reader.fills(symbol, { limit, before });
  const body = { fills: page };
  return page.length === 0 ? orUnknown(reader, symbol, body) : json(200, body);
}

/** An empty page is the truth for a symbol that has nothing; one that does not exist is a mistake worth telling. */
async function orUnknown(reader: FeedReader, symbol: string, body: unknown): Promise<HttpResponse> {
  const isKnown = (await reader.symbolSnapshot(symbol)) !== undefined;
  return isKnown ? json(200, body) : failure('NOT_FOUND', `${symbol} is not traded here: see /api/positions`);
}

async function equity(
  reader: FeedReader,
  curves: SharedAnswers<HttpResponse>,
  query: URLSearchParams,
): Promise<HttpResponse> {
  const asked = readParameters(query, {
    from: optionalTime,
    points: count(EQUITY_POINTS_MIN, LIMITS.equityPointsMax, EQUITY_POINTS_STANDARD),
  });
  if (!asked.ok) return failure('INVALID', asked.problem);
  const { from, points } = asked.values;
  return curves.get(`${from} ${points}`, async () => {
    const curve = await reader.equity({ from, points });
    return json(200, { points: curve, maxDrawdown: drawdownOf(curve) });
  });
}

function drawdownOf(curve: readonly EquityPoint[]): string | null {
  const worths = curve.map(({ equity, netDeposits }) => ({
    equity: parseDecimal(equity),
    netDeposits: parseDecimal(netDeposits),
  }));
  const drawdown = maximumDrawdown(withoutDeposits(worths));
  return drawdown === undefined ? null : formatDecimal(drawdown);
}

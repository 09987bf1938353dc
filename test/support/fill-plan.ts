/**
 * What fill clients say to each other: the commands a test gives a client process, and what the client records about
 * every fill it sent. Data; shared by fill-clients.ts (the test's side) and fill-client-process.ts (the child).
 */

/** A fill as it goes over the wire. */
export interface WireFill {
  readonly id: string;
  readonly side: 'buy' | 'sell';
  readonly quantity: string;
  readonly price: string;
  readonly fee: string;
}

export interface FillPlan {
  readonly url: string;
  /** Of the NATS server; only the typed client takes one. */
  readonly token?: string;
  readonly symbols: readonly string[];
  /** Same seed, same sides, quantities, prices and symbols; ids are fresh. */
  readonly seed: number;
  /** Fills to send in all; without it the client goes on until it is told to stop. */
  readonly count?: number;
  /** Requests on their way at the same time. */
  readonly concurrency: number;
  /** Fills in one request: 1 sends plain fills, more sends `{fills: […]}` of up to so many. */
  readonly fillsPerRequestMax: number;
  /** Of 100 fills, so many sell; sells are small beside buys, some are still refused. */
  readonly sellPercent: number;
  /** How long one fill is tried with the same id. */
  readonly giveUpMs: number;
  /** How long one attempt waits for its reply. */
  readonly attemptMs: number;
  /** Mean pause of a lane between two requests; 0 sends as fast as answers come. */
  readonly thinkMs: number;
  /** plain: the public NATS library and nothing of the engine. typed: `coinpilot/client`, one fill a request. */
  readonly client: 'plain' | 'typed';
}

/** The position that an answer tells, as far as it is compared with the ledger. */
export interface AnsweredPosition {
  readonly quantity: string;
  readonly cost: string;
  readonly realizedPnl: string;
}

/** What became of one fill. */
export interface FillRecord {
  readonly symbol: string;
  readonly fill: WireFill;
  readonly attempts: number;
  /** ok: `version` is acknowledged. refused: a code that is not retryable. unknown: given up, it may have happened. */
  readonly outcome: 'ok' | 'refused' | 'unknown';
  readonly version?: number;
  readonly position?: AnsweredPosition;
  /** Every version that any answer told, those that came too late included: one, or something is wrong. */
  readonly versions: readonly number[];
  readonly code?: string;
  /** Of the first attempt; milliseconds since 1970 by a clock that never jumps within a process. */
  readonly sentAt: number;
  /** Of the final answer, or of giving up. */
  readonly answeredAt: number;
}

/** A fill that a test itself sent, when it was acknowledged; how long that took is not known. */
export function acknowledgedFill(symbol: string, fill: WireFill, version: number): FillRecord {
  return { symbol, fill, attempts: 1, outcome: 'ok', version, versions: [version], sentAt: 0, answeredAt: 0 };
}

/** A retryable failure and how often it was met, by code, so that a test can show that its faults did hit. */
export type Failures = Record<string, number>;

export type ToClient = { readonly type: 'start'; readonly plan: FillPlan } | { readonly type: 'stop' };

export type FromClient =
  | { readonly type: 'acknowledged'; readonly count: number }
  | { readonly type: 'done'; readonly records: readonly FillRecord[]; readonly failures: Failures };

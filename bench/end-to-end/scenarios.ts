/** What is asked of every contender: how many requests are in flight, how many fills each carries, over which symbols. */
import { symbolName } from '../ledger/load.ts';

export interface Scenario {
  readonly name: string;
  /** Requests in flight over all client processes. */
  readonly inFlight: number;
  readonly fillsPerRequest: number;
  readonly symbols: readonly string[];
}

/** The symbols that exist, whatever a scenario uses of them: a team's portfolio, each traded as often as any other. */
export const SYMBOLS = Array.from({ length: 24 }, (_, index) => symbolName(index));

const BATCH = 64;

const singles = [1, 64, 256, 2_048].map(
  (inFlight): Scenario => ({ name: `single/${inFlight}`, inFlight, fillsPerRequest: 1, symbols: SYMBOLS }),
);
/** Everybody wants the same row: where waiting for locks is worst. */
const hot: Scenario = { name: 'hot/256', inFlight: 256, fillsPerRequest: 1, symbols: SYMBOLS.slice(0, 1) };
const batches = [1, 4, 16].map(
  (inFlight): Scenario => ({ name: `batch-64/${inFlight}`, inFlight, fillsPerRequest: BATCH, symbols: SYMBOLS }),
);

export const SCENARIOS: readonly Scenario[] = [...singles, hot, ...batches];

/** What a quick run shows. */
export const QUICK_SCENARIOS: readonly Scenario[] = SCENARIOS.filter(({ name }) =>
  ['single/256', 'batch-64/4'].includes(name),
);

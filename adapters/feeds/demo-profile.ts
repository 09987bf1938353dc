/** What the demo market is like for a symbol: its price level, how much it moves and how much of it is traded. */
import type { KnownRegime } from '../../domain/regime.ts';
import { SeededRandom, seedOf } from './seeded-random.ts';

export const DEMO_SYMBOLS: readonly string[] = ['KRW-BTC', 'KRW-ETH', 'KRW-XRP', 'KRW-SOL', 'KRW-DOGE'];

export interface DemoProfile {
  /** The price around which the market wanders, in KRW. */
  readonly level: number;
  /** Standard deviation of a calm minute's log return. */
  readonly minuteDeviation: number;
  /** Mean value traded in a minute, in KRW. */
  readonly minuteTurnover: number;
  /** The regime the history leads up to. */
  readonly firstRegime: KnownRegime;
}

/** One in five: the strategy rarely enters a rising market, and a demo should not begin with waiting. */
const FIRST_REGIMES: readonly KnownRegime[] = ['SIDEWAYS', 'BEAR', 'BULL', 'SIDEWAYS', 'BEAR'];

type Known = Omit<DemoProfile, 'firstRegime'>;

const KNOWN: Readonly<Record<string, Known>> = {
  'KRW-BTC': { level: 150_000_000, minuteDeviation: 0.0005, minuteTurnover: 400_000_000 },
  'KRW-ETH': { level: 5_200_000, minuteDeviation: 0.0006, minuteTurnover: 300_000_000 },
  'KRW-XRP': { level: 3_000, minuteDeviation: 0.0007, minuteTurnover: 350_000_000 },
  'KRW-SOL': { level: 230_000, minuteDeviation: 0.0007, minuteTurnover: 120_000_000 },
  'KRW-DOGE': { level: 300, minuteDeviation: 0.0008, minuteTurnover: 90_000_000 },
};

/** The same for the same seed and symbol. Any symbol has a profile; an unknown one's level comes from its name. */
export function demoProfile(seed: number, symbol: string): DemoProfile {
  const place = DEMO_SYMBOLS.indexOf(symbol);
  // The known symbols take turns, so that every seed shows all three regimes from the first hour.
  const turn = place >= 0 ? place + seedOf(seed, 'regimes') : seedOf(seed, symbol, 'regime');
  const firstRegime = FIRST_REGIMES[turn % FIRST_REGIMES.length] ?? 'SIDEWAYS';
  return { ...(KNOWN[symbol] ?? invented(symbol)), firstRegime };
}

function invented(symbol: string): Known {
  const random = new SeededRandom(seedOf(symbol, 'level'));
  return {
    level: 10 ** random.between(1.5, 5.5),
    minuteDeviation: random.between(0.0006, 0.0009),
    minuteTurnover: 10 ** random.between(7, 8),
  };
}

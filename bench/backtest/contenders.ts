/** Who takes minutes: the indicator library alone, our indicators alone, and everything a backtest does. */
import { BollingerBands, RSI, SMA } from 'trading-signals';
import { type Candle, closeTime } from '../../domain/candle.ts';
import { upbitKrw } from '../../domain/instrument.ts';
import { MarketView } from '../../domain/market-view.ts';
import { fromNumber, parseDecimal } from '../../domain/money.ts';
import { DEFAULT_PAPER_SETTINGS } from '../../domain/paper.ts';
import { DEFAULT_PRESET_NAME, PRESETS } from '../../domain/preset.ts';
import { DEFAULT_RISK_SETTINGS } from '../../domain/risk.ts';
import { Backtest, type BacktestOutcome, type TimedEvent } from '../../research/backtest/backtest.ts';
import type { Contender, Slice } from '../harness/interleave.ts';

export const BASELINE = 'trading-signals';
const SYMBOL = 'KRW-BTC';

/** What STRATEGY asks of the library for every minute, by the library's own classes, and nothing else. */
export function tradingSignals(candles: readonly Candle[]): Contender {
  return repeated(BASELINE, candles, async () => {
    const indicators = [new RSI(14), new RSI(7), new SMA(20), new BollingerBands(20, 2)];
    for (const { close } of candles) for (const indicator of indicators) indicator.update(close, false);
  });
}

/** Everything that is known of a market: the same indicators, those of volume, the regime. */
export function marketView(candles: readonly Candle[]): Contender {
  return repeated('market-view', candles, async () => {
    const view = new MarketView();
    for (const candle of candles) view.observe(candle);
  });
}

/** A whole backtest: indicators, regime, strategy, risk, account, paper fills, ledger, equity. */
export function coinpilot(candles: readonly Candle[]): Contender {
  const events: readonly TimedEvent[] = candles.map((candle) => ({
    at: closeTime(candle),
    event: { type: 'candle', symbol: SYMBOL, candle, inside: 'path' },
  }));
  let outcome: BacktestOutcome | undefined;
  return {
    ...repeated('coinpilot', candles, async () => {
      const backtest = await openBacktest();
      await backtest.deliver(events);
      outcome = backtest.finish();
    }),
    verdict: async () => ({ lost: null, faults: outcome === undefined ? [] : faultsOf(outcome, candles.length) }),
  };
}

function openBacktest(): Promise<Backtest> {
  const paper = DEFAULT_PAPER_SETTINGS;
  return Backtest.open({
    symbols: [
      {
        symbol: SYMBOL,
        preset: PRESETS[DEFAULT_PRESET_NAME],
        parametersHash: 'bench',
        instrument: upbitKrw(SYMBOL),
        feeRate: fromNumber(paper.feeRate),
      },
    ],
    paper,
    balance: parseDecimal('10000000'),
    limits: 'on',
    riskSettings: DEFAULT_RISK_SETTINGS,
    from: 0,
    to: Number.POSITIVE_INFINITY,
  });
}

/** A backtest that left something out would be faster. */
function faultsOf({ trades, spans, curve }: BacktestOutcome, candles: number): string[] {
  const faults: string[] = [];
  const [span] = spans;
  if (span?.candles !== candles) faults.push(`${span?.candles} of ${candles} minutes were decided on`);
  if (trades.length === 0) faults.push('nothing was traded');
  const profit = trades.reduce((sum, trade) => sum + trade.profit, 0n);
  if (span?.open === 0n && curve.last.equity !== curve.start.equity + profit)
    faults.push('the money at the end is not what was there plus the profit of the trades');
  return faults;
}

/** The whole market, again and again, until the time is over. */
function repeated(name: string, candles: readonly Candle[], once: () => Promise<void>): Contender {
  return {
    name,
    slice: async (durationMs): Promise<Slice> => {
      const startedAt = performance.now();
      let operations = 0;
      let elapsedMs = 0;
      while (elapsedMs < durationMs) {
        await once();
        operations += candles.length;
        elapsedMs = performance.now() - startedAt;
      }
      return { operations, elapsedMs, latenciesMs: [] };
    },
  };
}

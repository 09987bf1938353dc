/** Backtests over candles and files, as the command runs them but without a process. */
import type { RecordingRules } from '../../adapters/feeds/recorded-events.ts';
import type { FileSource } from '../../adapters/feeds/recorded-file.ts';
import { Recording } from '../../adapters/feeds/recording.ts';
import { type Candle, closeTime } from '../../domain/candle.ts';
import { upbitKrw } from '../../domain/instrument.ts';
import { fromNumber, parseDecimal } from '../../domain/money.ts';
import { PRESETS, type Preset } from '../../domain/preset.ts';
import { DEFAULT_RISK_SETTINGS } from '../../domain/risk.ts';
import { Backtest, type BacktestOutcome, type TimedEvent } from '../../research/backtest/backtest.ts';

export interface TestRun {
  readonly preset?: Preset;
  readonly feeRate?: number;
  readonly slippageBps?: number;
  readonly balance?: string;
  readonly limits?: 'on' | 'off';
  readonly from?: number;
  readonly to?: number;
}

export function openBacktest(symbols: readonly string[], run: TestRun): Promise<Backtest> {
  const { preset = PRESETS['v3.3'], feeRate = 0, slippageBps = 0, balance = '10000000', limits = 'off' } = run;
  return Backtest.open({
    symbols: symbols.map((symbol) => ({
      symbol,
      preset,
      parametersHash: 'test',
      instrument: upbitKrw(symbol),
      feeRate: fromNumber(feeRate),
    })),
    paper: { feeRate, slippageBps },
    balance: parseDecimal(balance),
    limits,
    riskSettings: DEFAULT_RISK_SETTINGS,
    from: run.from ?? 0,
    to: run.to ?? Number.POSITIVE_INFINITY,
  });
}

export async function backtestCandles(candles: readonly Candle[], run: TestRun = {}): Promise<BacktestOutcome> {
  const backtest = await openBacktest(['KRW-BTC'], run);
  await backtest.deliver(candleEvents('KRW-BTC', candles));
  return backtest.finish();
}

export function candleEvents(symbol: string, candles: readonly Candle[]): TimedEvent[] {
  return candles.map((candle) => ({
    at: closeTime(candle),
    event: { type: 'candle', symbol, candle, inside: 'path' },
  }));
}

export async function backtestFiles(
  sources: readonly FileSource[],
  run: TestRun = {},
  rules: Partial<RecordingRules> = {},
): Promise<BacktestOutcome> {
  const recording = await Recording.open(sources, { disorder: 'refuse', contradictions: 'refuse', ...rules });
  const backtest = await openBacktest(
    recording.symbols.map(({ symbol }) => symbol),
    run,
  );
  for await (const batch of recording.events()) await backtest.deliver(batch);
  return backtest.finish();
}

/** The trading side of a process: its Pod, and the market that drives it. */
import { randomUUID } from 'node:crypto';
import type { SymbolSettings } from '../../actors/symbol/turn.ts';
import { systemClock, systemRandom } from '../../adapters/system-clock.ts';
import { upbitKrw } from '../../domain/instrument.ts';
import { fromNumber, parseDecimal } from '../../domain/money.ts';
import { canonicalPreset, type Preset } from '../../domain/preset.ts';
import { fingerprint } from '../../protocol/ids.ts';
import { MarketIntake } from '../market-intake.ts';
import { Pod } from '../pod.ts';
import { withTimeout } from '../waiting.ts';
import type { EngineConfig } from './engine-config.ts';
import type { EngineContext } from './engine-context.ts';
import { feedFailure } from './feed.ts';
import { openWriter } from './ledger-parts.ts';
import { MarketBus } from './market-bus.ts';

/** By preset: one string for all symbols, worked out once. */
const parametersHashes = new WeakMap<Preset, string>();

export function symbolSettings(
  { preset, paper }: Pick<EngineConfig, 'preset' | 'paper'>,
  symbol: string,
): SymbolSettings {
  return {
    symbol,
    preset,
    parametersHash: parametersHash(preset),
    instrument: upbitKrw(symbol),
    feeRate: fromNumber(paper.feeRate),
  };
}

function parametersHash(preset: Preset): string {
  const known = parametersHashes.get(preset) ?? fingerprint(canonicalPreset(preset));
  parametersHashes.set(preset, known);
  return known;
}

/** The Pod of an engine process, over the servers its context knows at the moment. */
export function createPod(context: EngineContext): Pod {
  const { config, callbacks, subjects, log } = context;
  return new Pod({
    pod: config.pod,
    subjects,
    clock: systemClock,
    random: systemRandom,
    log,
    newIncarnation: randomUUID,
    outside: () => ({
      bus: context.bus,
      ledger: context.ledger,
      venue: context.venue,
      openWriter: (options) => openWriter(context, options),
    }),
    symbols: config.symbols,
    settingsOf: (symbol) => symbolSettings(config, symbol),
    limits: config.risk,
    riskSettings: config.riskSettings,
    openingBalance: parseDecimal(config.paper.balance),
    marketNow: () => context.marketTime ?? systemClock.now(),
    storeMarket: async () => context.intake?.flush(),
    count: (symbol, key) => context.intake?.count(symbol, key),
    onTrade: callbacks.onTrade,
    onDrain: callbacks.onDrain,
  });
}

export async function startMarket(context: EngineContext, failed: (error: unknown) => void) {
  const { pod } = context;
  const hosts = pod.symbols?.hosts ?? new Map();
  const intake = new MarketIntake({
    hosts,
    observePrice: (symbol, price, at) => pod.account?.observePrice(symbol, price, at),
    writer: context.ledger.store,
    bus: context.bus,
    subjects: context.subjects,
    clock: systemClock,
    log: context.log,
    stats: pod.stats,
    onFailed: failed,
  });
  context.intake = intake;
  const feed = context.feed;
  if (feed === undefined) {
    const market = new MarketBus({
      bus: context.bus,
      subjects: context.subjects,
      hosts,
      account: () => pod.account,
      intake,
      clock: systemClock,
      stats: pod.stats,
      log: context.log,
    });
    return {
      stop: async () => {
        market.stop();
        intake.stop();
        await withTimeout(systemClock, intake.flush(), pod.patienceMs);
      },
    };
  }
  const abort = new AbortController();
  const running = feed.run(intake, await context.ledger.store.lastCandles(), abort.signal).then(
    async (how) => {
      await intake.flush();
      if (how === 'end') context.callbacks.onFeedEnd();
    },
    (error: unknown) => failed(feedFailure(error)),
  );
  return {
    stop: async () => {
      abort.abort();
      await withTimeout(systemClock, running, pod.patienceMs);
      intake.stop();
      await withTimeout(systemClock, intake.flush(), pod.patienceMs);
    },
  };
}

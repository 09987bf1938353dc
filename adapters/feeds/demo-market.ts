/**
 * A synthetic market for one symbol: a pure function of seed, symbol and minute. Any minute can be made again, in
 * whatever order it is asked for; going forward is cheap, going back starts over.
 *
 * Time is cut into scenes of two hours. A walk over the scenes carries what outlives one (trend, distance from it,
 * volatility); the inside of a scene is made when it is needed and fits between its ends.
 */
import { type Candle, HOUR_MS, type MarketTrade, MINUTE_MS } from '../../domain/candle.ts';
import { pricePath } from '../../domain/candle-series.ts';
import { type DemoProfile, demoProfile } from './demo-profile.ts';
import { drawScene, openingScene, SCENE_MEAN_NET, SCENE_MINUTES, type Scene } from './demo-scenes.ts';
import { DemoTrend } from './demo-trend.ts';
import { PriceGrid } from './price-grid.ts';
import { SeededRandom, seedAt, seedOf } from './seeded-random.ts';

/** The first live minute. Market time of the demo has nothing to do with the time of day. */
export const DEMO_LIVE_START = Date.UTC(2026, 0, 5);
/** 200 closed hours make a regime; ten more are for those who start in the middle of one. */
export const DEMO_HISTORY_MS = 210 * HOUR_MS;
export const DEMO_HISTORY_START = DEMO_LIVE_START - DEMO_HISTORY_MS;

const SCENE_MS = SCENE_MINUTES * MINUTE_MS;
const OPENING_SCENE = DEMO_HISTORY_MS / SCENE_MS;
/** Quantities are multiples of 2^-8: exact in floats and in eight decimals, so a candle is exactly the sum of its trades. */
const LOTS_PER_ONE = 256;
const LOTS_MIN = 16;
/** Share of minutes in which nobody trades. */
const GAP_SHARE = 0.004;
/** What a market keeps of its distance from the trend over a scene: half of it is gone after 17 hours. */
const DISTANCE_KEPT = 0.92;
const DISTANCE_SHOCK = 0.0025;
const VOLATILITY_KEPT = 0.9;
const VOLATILITY_SHOCK = 0.16;
const TRADES = { least: 4, most: 12 };

/** What the walk knows at the start of a scene. */
interface Standing {
  readonly index: number;
  /** Log price. */
  readonly start: number;
  /** Log volatility. */
  readonly volatility: number;
  readonly scene: Scene;
  /** The same at the start of the next one. */
  readonly end: number;
  readonly nextVolatility: number;
}

export class DemoMarket {
  readonly symbol: string;
  private readonly profile: DemoProfile;
  private readonly seed: number;
  private readonly tradeSeed: number;
  private readonly grid: PriceGrid;
  private walk: Iterator<Standing, never>;
  private sceneIndex = -1;
  private candles: readonly (Candle | undefined)[] = [];

  constructor({ seed, symbol }: { readonly seed: number; readonly symbol: string }) {
    this.symbol = symbol;
    this.profile = demoProfile(seed, symbol);
    this.seed = seedOf(seed, symbol, 'scenes');
    this.tradeSeed = seedOf(seed, symbol, 'trades');
    this.grid = new PriceGrid(symbol);
    this.walk = this.standings();
  }

  /** The candle that opens at `openTime`; undefined for a minute without trades and for all before the history. */
  candle(openTime: number): Candle | undefined {
    const minute = Math.floor((openTime - DEMO_HISTORY_START) / MINUTE_MS);
    if (minute < 0) return undefined;
    this.enterScene(Math.floor(minute / SCENE_MINUTES));
    return this.candles[minute % SCENE_MINUTES];
  }

  /** The trades `candle` consists of, in order of time: its open first, then its price path, its close last. */
  trades(candle: Candle): MarketTrade[] {
    const minute = candle.openTime / MINUTE_MS;
    const random = new SeededRandom(seedAt(this.tradeSeed, minute));
    const count = random.integer(TRADES.least, TRADES.most);
    const prices = this.pricesAlong(candle, count, random);
    const lots = splitLots(candle.volume * LOTS_PER_ONE, count, random);
    const step = MINUTE_MS / count;
    return prices.map((price, index) => ({
      tradeId: String(minute * 100 + index),
      price,
      quantity: (lots[index] ?? 0) / LOTS_PER_ONE,
      at: candle.openTime + Math.floor((index + random.next() * 0.9) * step),
    }));
  }

  private enterScene(index: number): void {
    if (index === this.sceneIndex) return;
    if (index < this.sceneIndex) {
      this.walk = this.standings();
      this.sceneIndex = -1;
    }
    let standing = this.walk.next().value;
    while (standing.index < index) standing = this.walk.next().value;
    this.sceneIndex = index;
    this.candles = this.candlesOf(standing);
  }

  private *standings(): Generator<Standing, never> {
    const trend = new DemoTrend({
      seed: seedAt(this.seed, -2),
      first: this.profile.firstRegime,
      historyMs: DEMO_HISTORY_MS,
    });
    const level = Math.log(this.profile.level);
    let distance = 0;
    let volatility = 0;
    for (let index = 0; ; index += 1) {
      const random = new SeededRandom(seedAt(this.seed, index));
      const scene = index === OPENING_SCENE ? openingScene(random) : drawScene(random);
      const start = level + trend.value + distance;
      for (let hour = 0; hour < SCENE_MS / HOUR_MS; hour += 1) trend.advanceHour();
      const net = scene.knots.at(-1)?.offset ?? 0;
      distance = distance * DISTANCE_KEPT + net - SCENE_MEAN_NET + random.normal() * DISTANCE_SHOCK;
      const nextVolatility = volatility * VOLATILITY_KEPT + random.normal() * VOLATILITY_SHOCK;
      yield { index, start, end: level + trend.value + distance, volatility, nextVolatility, scene };
      volatility = nextVolatility;
    }
  }

  private candlesOf(standing: Standing): (Candle | undefined)[] {
    const { index, scene, volatility, nextVolatility } = standing;
    const random = new SeededRandom(seedAt(this.seed ^ 0x5bd1e995, index));
    const deviations = Array.from({ length: SCENE_MINUTES }, (_, minute) => {
      const share = minute / SCENE_MINUTES;
      return this.profile.minuteDeviation * scene.noise * Math.exp(volatility + (nextVolatility - volatility) * share);
    });
    const path = pathOf(standing, deviations, random);
    const sceneStart = DEMO_HISTORY_START + index * SCENE_MS;
    return deviations.map((deviation, minute) => {
      const from = path[minute] ?? 0;
      const to = path[minute + 1] ?? from;
      const above = Math.abs(random.normal()) * deviation * 0.6;
      const below = Math.abs(random.normal()) * deviation * 0.6;
      const volume = this.volumeOf({
        scene,
        minute,
        move: Math.abs(to - from) / deviation,
        price: Math.exp(from),
        random,
      });
      if (random.next() < GAP_SHARE) return undefined;
      return {
        openTime: sceneStart + minute * MINUTE_MS,
        open: this.grid.round(Math.exp(from)),
        high: this.grid.round(Math.exp(Math.max(from, to) + above)),
        low: this.grid.round(Math.exp(Math.min(from, to) - below)),
        close: this.grid.round(Math.exp(to)),
        volume,
      };
    });
  }

  /** Moves bring volume; log-normal around the profile's turnover, in whole lots. */
  private volumeOf(options: {
    readonly scene: Scene;
    readonly minute: number;
    readonly move: number;
    readonly price: number;
    readonly random: SeededRandom;
  }): number {
    const { scene, minute, move, price, random } = options;
    const { turnover } = scene;
    const inside = turnover !== undefined && minute >= turnover.from && minute < turnover.from + turnover.minutes;
    const factor = Math.exp(random.normal() * 0.4) * (0.75 + Math.min(move, 4) * 0.2) * (inside ? turnover.factor : 1);
    const lots = Math.round(((this.profile.minuteTurnover * factor) / price) * LOTS_PER_ONE);
    return Math.max(LOTS_MIN, lots) / LOTS_PER_ONE;
  }

  /** `count` prices from open to close over both extremes; those in between lie on the way. */
  private pricesAlong(candle: Candle, count: number, random: SeededRandom): number[] {
    const path = pricePath(candle);
    const extra = [0, 0, 0];
    for (let index = 0; index < count - path.length; index += 1) {
      const stretch = random.integer(0, 2);
      extra[stretch] = (extra[stretch] ?? 0) + 1;
    }
    const prices: number[] = [path[0]];
    for (const [stretch, between] of extra.entries()) {
      const from = path[stretch] ?? candle.open;
      const to = path[stretch + 1] ?? candle.close;
      for (let step = 1; step <= between; step += 1) {
        prices.push(this.grid.round(from + ((to - from) * step) / (between + 1)));
      }
      prices.push(to);
    }
    return prices;
  }
}

/** Log prices at the scene's start and at each of its closes: the scene's line, plus noise that is gone at both ends. */
function pathOf({ scene, start, end }: Standing, deviations: readonly number[], random: SeededRandom): number[] {
  const walk = [0];
  for (const deviation of deviations) walk.push((walk.at(-1) ?? 0) + random.normal() * deviation);
  const drift = end - start - (scene.knots.at(-1)?.offset ?? 0) - (walk.at(-1) ?? 0);
  let knot = 0;
  return walk.map((noise, minute) => {
    while (minute > (scene.knots[knot + 1]?.minute ?? SCENE_MINUTES)) knot += 1;
    return start + lineAt(scene, knot, minute) + noise + (drift * minute) / SCENE_MINUTES;
  });
}

function lineAt(scene: Scene, knot: number, minute: number): number {
  const from = scene.knots[knot];
  const to = scene.knots[knot + 1];
  if (from === undefined || to === undefined) return from?.offset ?? 0;
  return from.offset + ((to.offset - from.offset) * (minute - from.minute)) / (to.minute - from.minute);
}

/** Whole lots, at least one each, `total` together. */
function splitLots(total: number, count: number, random: SeededRandom): number[] {
  const weights = Array.from({ length: count }, () => 0.2 + random.next());
  const sum = weights.reduce((one, other) => one + other, 0);
  const lots = weights.map((weight) => 1 + Math.floor(((total - count) * weight) / sum));
  const rest = total - lots.reduce((one, other) => one + other, 0);
  lots[0] = (lots[0] ?? 0) + rest;
  return lots;
}

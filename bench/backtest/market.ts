/**
 * Minutes of a market that the strategy trades in: a price that wanders, calm hours and wild ones, volume that comes in bursts.
 * Seeded, so that every run and every contender has the same one.
 */
import { type Candle, MINUTE_MS } from '../../domain/candle.ts';
import { mulberry32 } from '../../test/support/seeded.ts';

const START = Date.UTC(2020, 0, 1);
const FIRST_PRICE = 50_000_000;
/** Standard deviation of a minute in a market of usual temper. */
const MINUTE_DEVIATION = 0.0006;
/** How long a temper lasts on average. */
const TEMPER_MINUTES = 600;

export function* marketMinutes(count: number, seed: number): Generator<Candle> {
  const random = mulberry32(seed);
  // The sum of three has a bell's shape, near enough.
  const bell = () => (random() + random() + random() - 1.5) * 2;
  let price = FIRST_PRICE;
  let temper = 1;
  for (let minute = 0; minute < count; minute += 1) {
    if (random() * TEMPER_MINUTES < 1) temper = 0.4 + random() * 2;
    const open = price;
    const deviation = MINUTE_DEVIATION * temper;
    price = Math.max(1, Math.round(price * (1 + bell() * deviation)));
    const reach = Math.abs(bell()) * deviation * 0.5;
    yield {
      openTime: START + minute * MINUTE_MS,
      open,
      high: Math.round(Math.max(open, price) * (1 + reach)),
      low: Math.max(1, Math.round(Math.min(open, price) * (1 - reach))),
      close: price,
      volume: Math.round(random() ** 3 * 1e6) / 1e4,
    };
  }
}

/**
 * A trade from its signal to its exit, with the process dying, or the ledger failing, at each of its steps in turn: the
 * money is right in the end, nothing stays set aside or open, and the trade is recorded once (I2–I6, I9).
 */
import { describe, expect, it } from 'vitest';
import { PRESETS, parametersFor } from '../../domain/preset.ts';
import { FLATTENED, following, HISTORY, SIGNAL, steady, TARGET_PRICE } from '../support/actor-market.ts';
import { ActorWorld, type Fault, type WorldOptions } from '../support/actor-world.ts';

/** So many candles come again after a death at most; they lie far above the entry, where an exit would be a profit. */
const UNSTORED = 5;

/** A signal, time to buy, the target, time to sell: in parts of 0.3 an order takes five candles. */
const MARKET = [
  ...HISTORY.slice(-UNSTORED),
  SIGNAL,
  ...following(...steady(6), TARGET_PRICE, ...steady(7, TARGET_PRICE)),
];

async function live(options: WorldOptions) {
  const world = await ActorWorld.create(HISTORY.slice(0, -UNSTORED), options);
  await world.begin();
  await world.play(MARKET);
  return { steps: world.steps, lives: world.lives, audit: await world.audit() };
}

function at(step: number, fault: Fault): Pick<WorldOptions, 'faults'> {
  return { faults: (current) => (current === step ? fault : undefined) };
}

/** Every step of an undisturbed life. */
function stepsOf(steps: readonly string[]): number[] {
  return steps.map((_, index) => index);
}

describe('a symbol that is asked where it would sell', () => {
  it('tells stop and target while it holds, with the numbers of its regime, and nothing before and after', async () => {
    const world = await ActorWorld.create(HISTORY, {});
    await world.begin();
    expect(await world.ask({ type: 'get' })).toMatchObject({ exits: null });
    await world.play([SIGNAL, ...following(...steady(2))]);
    const { trade } = world.life.actor.state;
    expect(trade).not.toBeNull();
    const { stopLoss, takeProfit } = parametersFor(PRESETS['v3.3'], trade?.entryRegime ?? 'UNKNOWN');
    expect(await world.ask({ type: 'get' })).toMatchObject({
      exits: {
        stop: String(119_500 * (1 - stopLoss / 100)),
        stopReason: 'STOP_LOSS',
        target: String(119_500 * (1 + takeProfit / 100)),
      },
    });
    await world.play(MARKET.slice(UNSTORED + 3));
    expect(await world.ask({ type: 'get' })).toMatchObject({ exits: null });
  });
});

describe('a symbol that missed a candle', () => {
  it('sells at the stop that it passed, although the trades of the next one came', async () => {
    const world = await ActorWorld.create(HISTORY, {});
    await world.begin();
    const [bought, missed, next] = following(...steady(3));
    if (bought === undefined || missed === undefined || next === undefined) throw new Error('three candles follow');
    await world.play([SIGNAL, bought]);
    // Down to half of the price and back within a minute that was stored and never heard.
    await world.ledger.storeCandles([{ symbol: 'KRW-BTC', candle: { ...missed, low: missed.low / 2 } }]);
    await world.life.actor.market({ type: 'candle', symbol: 'KRW-BTC', candle: next, inside: 'trades' });
    await world.rest();
    expect((await world.audit()).trades.map(({ reason }) => reason)).toEqual(['STOP_LOSS']);
  });
});

describe.each([
  { partialFill: 1, storeEvery: 1 },
  { partialFill: 1, storeEvery: 4 },
  { partialFill: 1, storeEvery: 1_000 },
  { partialFill: 0.3, storeEvery: 1 },
  { partialFill: 0.3, storeEvery: 1_000 },
])('a trade filled by $partialFill with candles stored every $storeEvery', (options) => {
  it('is made when nothing happens', async () => {
    const { audit, lives } = await live(options);
    expect(lives).toBe(1);
    expect(audit).toMatchObject({ ...FLATTENED, trades: [{ reason: 'TAKE_PROFIT', entryPrice: '119500' }] });
    expect(Object.keys(audit.ledgerFills)).toHaveLength(2);
    expect(audit.venueFills).toEqual(audit.ledgerFills);
  });

  for (const fault of ['die before', 'die after'] as const) {
    it(`is the same trade when the process must ${fault} any step`, async () => {
      const undisturbed = await live(options);
      for (const step of stepsOf(undisturbed.steps)) {
        const { audit, lives } = await live({ ...options, ...at(step, fault) });
        const where = `step ${step}: ${undisturbed.steps[step]}`;
        expect(lives, where).toBe(2);
        expect(audit, where).toMatchObject(FLATTENED);
        expect(audit.venueFills, where).toEqual(audit.ledgerFills);
        // Prices that come again after a death fill a partly filled order sooner; nothing else may differ.
        const sooner = options.partialFill < 1 ? { exitTime: expect.any(String) } : {};
        expect(audit.trades, where).toMatchObject(undisturbed.audit.trades.map((trade) => ({ ...trade, ...sooner })));
      }
    });
  }

  for (const fault of ['fail before', 'fail after'] as const) {
    it(`leaves nothing behind when the ledger must ${fault} any step`, async () => {
      const undisturbed = await live(options);
      for (const step of stepsOf(undisturbed.steps)) {
        const { audit } = await live({ ...options, ...at(step, fault) });
        const where = `step ${step}: ${undisturbed.steps[step]}`;
        expect(audit, where).toMatchObject(FLATTENED);
        expect(audit.venueFills, where).toEqual(audit.ledgerFills);
        // An entry whose answer was lost is not made; this strategy enters at the next close.
        expect(audit.trades, where).toMatchObject([{ reason: 'TAKE_PROFIT' }]);
      }
    });
  }
});

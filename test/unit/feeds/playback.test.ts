import { describe, expect, it } from 'vitest';
import { Pacer, type Speed } from '../../../adapters/feeds/pacer.ts';
import { play, type TimedEvent } from '../../../adapters/feeds/playback.ts';
import type { MarketEvent, MarketSink } from '../../../protocol/ports/market.ts';
import { CollectingSink, ManualClock, timeOf } from './support.ts';

function timed(at: number, symbol = 'KRW-BTC', tradeId = String(at)): TimedEvent {
  return { at, event: { type: 'trade', symbol, trade: { tradeId, price: 1, quantity: 1, at } } };
}

function start(options: {
  batches: readonly (readonly TimedEvent[])[];
  sink: MarketSink;
  speed?: Speed;
  clock?: ManualClock;
  from?: number;
  abort?: AbortController;
}) {
  const { batches, sink, speed = 'max', clock = new ManualClock(), from = 0, abort = new AbortController() } = options;
  return play({ batches, sink, pacer: new Pacer({ speed, clock, from }), wanted: () => true, signal: abort.signal });
}

/** Runs the timers until `done`; the event loop turns in between. */
async function driven<T>(clock: ManualClock, done: Promise<T>): Promise<T> {
  let settled = false;
  const finish = (): void => {
    settled = true;
  };
  done.then(finish, finish);
  while (!settled) {
    await new Promise(setImmediate);
    clock.advance();
  }
  return done;
}

describe('pace', () => {
  async function arrivals(speed: Speed, times: readonly number[], { from = 0, slowMs = 0 } = {}) {
    const clock = new ManualClock();
    const began = clock.monotonic();
    const at: number[] = [];
    const sink = new CollectingSink(() => {
      at.push(clock.monotonic() - began);
      return slowMs === 0 ? undefined : new Promise((resolve) => void clock.after(slowMs, resolve));
    });
    const done = start({ batches: [times.map((time) => timed(time))], sink, speed, clock, from });
    expect(await driven(clock, done)).toBe('end');
    return at;
  }

  it('is that of the recording at speed 1', async () => {
    expect(await arrivals(1, [5_000, 5_250, 65_000])).toEqual([0, 250, 60_000]);
  });

  it('is a minute a second at speed 60', async () => {
    expect(await arrivals(60, [0, 60_000, 7_260_000])).toEqual([0, 1_000, 121_000]);
  });

  it('never waits at full speed', async () => {
    expect(await arrivals('max', [0, 60_000, 7_200_000])).toEqual([0, 0, 0]);
  });

  it('catches up after a slow receiver instead of falling behind for good', async () => {
    expect(await arrivals(1, [0, 100, 200, 2_000], { slowMs: 500 })).toEqual([0, 500, 1_000, 2_000]);
  });

  it('begins where every symbol has arrived; what lies before is caught up', async () => {
    expect(await arrivals(1, [0, 60_000, 120_000, 121_000], { from: 120_000 })).toEqual([0, 0, 0, 1_000]);
  });

  it('survives waits longer than a timer can count', async () => {
    const month = 31 * 86_400_000;
    expect(await arrivals(1, [0, month])).toEqual([0, month]);
  });
});

describe('delivery', () => {
  it('waits for a symbol, and serves symbols of the same instant together', async () => {
    const log: string[] = [];
    const release: (() => void)[] = [];
    const sink: MarketSink = {
      deliver: (event) => {
        const name = `${event.symbol} ${timeOf(event)} ${event.type === 'trade' ? event.trade.tradeId : ''}`;
        log.push(name);
        return new Promise((resolve) => release.push(resolve));
      },
    };
    const batches = [[timed(1, 'A', 'a1'), timed(1, 'A', 'a2'), timed(1, 'B', 'b1'), timed(2, 'B', 'b2')]];
    const done = start({ batches, sink });
    const turn = async (): Promise<void> => {
      release.shift()?.();
      await new Promise(setImmediate);
    };
    await new Promise(setImmediate);
    expect(log).toEqual(['A 1 a1', 'B 1 b1']);
    await turn();
    expect(log.slice(2)).toEqual(['A 1 a2']);
    await turn();
    expect(log.slice(3)).toEqual([]);
    await turn();
    expect(log.slice(3)).toEqual(['B 2 b2']);
    await turn();
    expect(await done).toBe('end');
  });

  it('stops and rejects with the reason of the receiver, nothing left in flight', async () => {
    let inFlight = 0;
    const delivered: MarketEvent[] = [];
    const sink: MarketSink = {
      deliver: async (event) => {
        delivered.push(event);
        inFlight += 1;
        await new Promise(setImmediate);
        if (event.symbol === 'A') {
          inFlight -= 1;
          throw new Error('no owner');
        }
        await new Promise(setImmediate);
        inFlight -= 1;
      },
    };
    const done = start({ batches: [[timed(1, 'A'), timed(1, 'B'), timed(2, 'B')]], sink });
    await expect(done).rejects.toThrow('no owner');
    expect(inFlight).toBe(0);
    expect(delivered).toHaveLength(2);
  });
});

describe('abort', () => {
  it('ends a wait at once and leaves no timer behind', async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const sink = new CollectingSink();
    const done = start({ batches: [[timed(0), timed(3_600_000)]], sink, speed: 1, clock, abort });
    while (clock.pending === 0) await new Promise(setImmediate);
    abort.abort();
    expect(await done).toBe('aborted');
    expect(clock.pending).toBe(0);
    expect(sink.events).toHaveLength(1);
  });

  it('is heard although the receiver answers at once and the market never ends', async () => {
    const abort = new AbortController();
    function* forever() {
      for (let at = 0; ; at += 1) yield [timed(at)];
    }
    setImmediate(() => setImmediate(() => abort.abort()));
    const pacer = new Pacer({ speed: 'max', clock: new ManualClock(), from: 0 });
    const sink = new CollectingSink();
    const playback = { batches: forever(), sink, pacer, wanted: () => true, signal: abort.signal };
    expect(await play(playback)).toBe('aborted');
  });

  it('before the start delivers nothing', async () => {
    const abort = new AbortController();
    abort.abort();
    const sink = new CollectingSink();
    expect(await start({ batches: [[timed(1)]], sink, abort })).toBe('aborted');
    expect(sink.events).toEqual([]);
  });
});

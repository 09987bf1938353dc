/**
 * Collectors: one of them is active, whatever becomes of the others; what it says is in the ledger, nobody says anything
 * who has lost the role, and whoever comes next goes on behind the last candle.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Candle, MINUTE_MS } from '../../../domain/candle.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { sleep } from '../../../protocol/ports/clock.ts';
import type { Feed, MarketSink } from '../../../protocol/ports/market.ts';
import { Subjects } from '../../../protocol/subjects.ts';
import { Collector } from '../../../supervisors/collector.ts';
import { type FakeBus, FakeBusServer } from '../../support/fake-bus.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';
import { owner } from '../../support/ledger-groups.ts';
import { memoryLedger } from '../../support/ledger-implementations.ts';
import { ProcessClock } from '../../support/process-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

const SYMBOL = 'KRW-BTC';
const START = Date.UTC(2026, 0, 5);
const HISTORY = 3;
/** Between two candles, on the clock. */
const STEP_MS = 200;

const candleAt = (minute: number): Candle => {
  const price = 100 + minute;
  return { openTime: START + minute * MINUTE_MS, open: price, high: price, low: price, close: price, volume: 1 };
};

/** Plays one candle after the other, without an end. */
class EndlessFeed implements Feed {
  readonly kind = 'demo';
  readonly symbols = [SYMBOL];
  readonly #clock: ProcessClock;
  readonly #broken: Error | undefined;

  constructor(clock: ProcessClock, broken: Error | undefined) {
    this.#clock = clock;
    this.#broken = broken;
  }

  async history(_symbol: string, after: number | undefined): Promise<readonly Candle[]> {
    return after === undefined ? Array.from({ length: HISTORY }, (_, minute) => candleAt(minute)) : [];
  }

  async run(sink: MarketSink, after: ReadonlyMap<string, number>, signal: AbortSignal): Promise<'end' | 'aborted'> {
    if (this.#broken !== undefined) throw this.#broken;
    for (let minute = ((after.get(SYMBOL) ?? START) - START) / MINUTE_MS + 1; !signal.aborted; minute += 1) {
      await sleep(this.#clock, STEP_MS);
      const candle = candleAt(minute);
      if (!signal.aborted) await sink.deliver({ type: 'candle', symbol: SYMBOL, candle, inside: 'path' });
    }
    return 'aborted';
  }
}

let clock: FakeClock;
let server: FakeBusServer;
let ledger: ReturnType<typeof memoryLedger>;

beforeEach(() => {
  clock = new FakeClock();
  server = new FakeBusServer(clock);
  ledger = memoryLedger(clock);
});

interface Member {
  readonly collector: Collector;
  readonly bus: FakeBus;
  readonly clock: ProcessClock;
  readonly failures: unknown[];
}

async function join(name: string, broken?: Error): Promise<Member> {
  const bus = server.connect();
  const own = new ProcessClock(clock);
  const failures: unknown[] = [];
  const collector = new Collector({
    owner: owner(name),
    feed: new EndlessFeed(own, broken),
    ledger: { ownership: ledger.ownership, store: ledger.reader },
    bus,
    subjects: new Subjects(),
    clock: own,
    log: new RecordingLog(),
    onFailed: (error) => failures.push(error),
  });
  await collector.start();
  return { collector, bus, clock: own, failures };
}

/** As kill -9: nothing of it runs any more. */
async function kill({ bus, clock: own }: Member): Promise<void> {
  own.freeze();
  await bus.close();
}

/** As SIGTERM; the feed notices at its next candle. */
async function stop({ collector }: Member): Promise<void> {
  const stopped = collector.stop();
  await clock.advance(STEP_MS);
  await stopped;
}

const roles = (...members: Member[]) => members.map(({ collector }) => collector.status.role);
/** The minutes that were said, in order. */
const said = () =>
  server.published
    .filter(({ subject }) => subject.startsWith('cp.market.'))
    .map(({ payload }) => (Date.parse((JSON.parse(payload) as { openTime: string }).openTime) - START) / MINUTE_MS);
const stored = () => ledger.database.candles.recent(SYMBOL, 10_000, Number.MAX_SAFE_INTEGER);
/** Everything from the first minute of the history, without a hole. */
const whole = (count: number) => Array.from({ length: count }, (_, minute) => candleAt(minute));

describe('a collector', () => {
  it('makes its symbols known once their history is stored', async () => {
    const { addSymbols } = ledger.ownership;
    let storedBefore = 0;
    ledger.ownership.addSymbols = (...values) => {
      storedBefore = stored().length;
      return addSymbols.apply(ledger.ownership, values);
    };
    await join('one');
    await settled();
    expect(storedBefore).toBe(HISTORY);
    expect((await ledger.ownership.view()).symbols.map(({ symbol }) => symbol)).toEqual([SYMBOL]);
  });

  it('says a candle when it is in the ledger, and not before', async () => {
    const missing: string[] = [];
    server.connect().subscribe('cp.market.*.candle', ({ data }) => {
      const { openTime } = JSON.parse(Buffer.from(data).toString()) as { openTime: string };
      if (!stored().some((candle) => candle.openTime === Date.parse(openTime))) missing.push(openTime);
    });
    await join('one');
    await clock.advance(10 * STEP_MS);
    expect([said().length > 5, missing]).toEqual([true, []]);
  });

  it('stands by while another is active, and says nothing', async () => {
    const one = await join('one');
    const two = await join('two');
    await clock.advance(3 * LIMITS.leaseTtlMs);
    expect(roles(one, two)).toEqual(['active', 'standby']);
    expect(two.collector.status).toMatchObject({ candles: 0, trades: 0, epoch: null });
    expect(said()).toEqual([...new Set(said())]);
    expect(one.collector.leaseKnown && two.collector.leaseKnown).toBe(true);
  });

  it('takes over from one that was killed, behind the last candle', async () => {
    const one = await join('one');
    const two = await join('two');
    await clock.advance(5 * STEP_MS);
    await kill(one);
    await clock.advance(LIMITS.leaseTtlMs + LIMITS.heartbeatIntervalMs);
    expect(roles(two)).toEqual(['active']);
    await clock.advance(5 * STEP_MS);
    expect(stored()).toEqual(whole(stored().length));
    // Each minute once; the last one of the other is said again.
    const again = said().filter((minute, index) => said().indexOf(minute) !== index);
    expect(again.length).toBe(1);
  });

  it('takes over at once when the active one stops', async () => {
    const one = await join('one');
    const two = await join('two');
    await clock.advance(5 * STEP_MS);
    await stop(one);
    expect(roles(one, two)).toEqual(['standby', 'active']);
    const before = said().length;
    await clock.advance(5 * STEP_MS);
    expect(said().length).toBeGreaterThan(before);
    expect(stored()).toEqual(whole(stored().length));
  });

  it('says nothing any more when it wakes up after its lease, whatever it was about to say', async () => {
    const one = await join('one');
    const two = await join('two');
    await clock.advance(5 * STEP_MS);
    one.clock.freeze();
    await clock.advance(LIMITS.leaseTtlMs + 2 * LIMITS.heartbeatIntervalMs);
    const { candles } = one.collector.status;
    one.clock.thaw();
    await clock.advance(5 * STEP_MS);
    expect(one.collector.status.candles).toBe(candles);
    expect(roles(one, two)).toEqual(['standby', 'active']);
    expect(stored()).toEqual(whole(stored().length));
  });

  it('gives the role up when the bus can not hear it, and another goes on', async () => {
    const one = await join('one');
    const two = await join('two');
    await clock.advance(5 * STEP_MS);
    one.bus.disconnect();
    const before = stored().length;
    await clock.advance(STEP_MS);
    expect(stored().length, 'what nobody hears waits').toBeLessThanOrEqual(before + 1);
    await clock.advance(LIMITS.leaseTtlMs + 2 * LIMITS.heartbeatIntervalMs);
    expect(roles(one, two)).toEqual(['standby', 'active']);
    one.bus.reconnect();
    await clock.advance(2 * LIMITS.leaseTtlMs);
    expect(roles(one, two)).toEqual(['standby', 'active']);
    expect(stored()).toEqual(whole(stored().length));
  });

  it('goes on after a while without bus or ledger, with nothing missing', async () => {
    const one = await join('one');
    await clock.advance(5 * STEP_MS);
    one.bus.disconnect();
    await clock.advance(2 * LIMITS.leaseTtlMs);
    expect(one.collector.leaseKnown).toBe(false);
    one.bus.reconnect();
    await clock.advance(2 * LIMITS.leaseTtlMs);
    expect(roles(one)).toEqual(['active']);
    expect(stored()).toEqual(whole(stored().length));
    expect([...new Set(said())]).toEqual(
      whole(stored().length)
        .slice(HISTORY - 1)
        .map((_, at) => at + HISTORY - 1),
    );
  });

  it('does not bring back a symbol that a person removed', async () => {
    const one = await join('one');
    await settled();
    expect(await ledger.ownership.removeSymbol(SYMBOL)).toMatchObject({ type: 'removed' });
    await stop(one);
    await join('two');
    await clock.advance(STEP_MS);
    expect((await ledger.ownership.view()).symbols).toEqual([]);
  });

  it('tells when its feed can not be played', async () => {
    const wrong = new Error('line 7 makes no sense');
    const { failures } = await join('one', wrong);
    await settled();
    expect(failures).toEqual([wrong]);
  });
});

/**
 * Whatever happens between the ledger and a client (a bus that loses, repeats and reorders, a ledger that is slow or away,
 * gateways that restart, clients that come, go, resume and stop reading): what each client has read equals the journal from
 * its snapshot on, and in the end it has the last event of every channel, though nothing follows it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import { FeedWatcher } from '../support/feed-watcher.ts';
import { BTC, ETH, FeedWorld } from '../support/feed-world.ts';
import { mulberry32 } from '../support/seeded.ts';

const WATCHERS = 4;
const RUNS = 60;
/** What waits for a client that does not read: some fifteen events. */
const BUFFERED_BYTES = 4_000;
/** Longer than every back-off of the feed. */
const SETTLE_MS = 4_000;
/** Longer than a channel lingers when nobody watches it. */
const LONG_MS = 35_000;
/** More than memory holds of a stream. */
const BURST_ROWS = 300;

const stream = fc.constantFrom(BTC, BTC, BTC, ETH, 'account', 'KRW-NEW');
const kind = fc.constantFrom('fill', 'decision', 'signal', 'mode', 'order');
const fate = fc.constantFrom('told', 'told', 'lost', 'twice', 'late');
const channel = fc.constantFrom(`symbol:${BTC}`, `symbol:${BTC}`, `symbol:${ETH}`, 'account', 'decisions');
const watcher = fc.nat({ max: WATCHERS - 1 });
const row = fc.record({ stream, kind, fate });

const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('commit' as const), rows: fc.array(row, { maxLength: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('burst' as const), row }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 7, 20, 60, 600) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constant(LONG_MS) }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('watch' as const), watcher, channel, back: fc.nat({ max: 30 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('watch' as const), watcher, channel, back: fc.nat({ max: 500 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('leave' as const), watcher, channel }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('connect' as const), watcher }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('disconnect' as const), watcher }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('reads' as const), watcher, reads: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('late' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ledger' as const), away: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('bus' as const), away: fc.boolean() }) },
);
type RowPlan = typeof row extends fc.Arbitrary<infer Value> ? Value : never;
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

class Story {
  readonly world = new FeedWorld(BUFFERED_BYTES);
  readonly watchers = Array.from({ length: WATCHERS }, () => new FeedWatcher(this.world));
  readonly #late: StoredRow[] = [];

  constructor(seed: number) {
    const random = mulberry32(seed);
    const delay = (): number => (random() < 0.3 ? 0 : Math.floor(random() * 30));
    this.world.ledger.delays = () => [delay(), delay()];
    for (const [index, one] of this.watchers.entries()) {
      one.connect();
      one.watch(index === 0 ? 'decisions' : `symbol:${BTC}`, 0);
    }
  }

  async run(steps: readonly Step[]): Promise<readonly string[]> {
    for (const each of steps) await this.#take(each);
    const { world } = this;
    world.ledger.isAway = false;
    if (!world.bus.connected) world.bus.reconnect();
    for (const one of this.watchers) {
      one.socket?.startReading();
      one.connect();
    }
    await world.clock.advance(SETTLE_MS);
    for (const one of this.watchers) one.finish(world.ledger);
    const failures = world.bus.failures.map(String);
    await world.stop();
    await world.clock.advance(SETTLE_MS);
    return [...this.watchers.flatMap(({ violations }) => violations), ...failures];
  }

  async #take(each: Step): Promise<void> {
    const { world } = this;
    switch (each.do) {
      case 'commit':
        for (const one of each.rows) this.#commit(one);
        return;
      case 'burst':
        for (let time = 0; time < BURST_ROWS; time += 1) this.#commit(each.row);
        return;
      case 'wait':
        return world.clock.advance(each.ms);
      case 'watch':
        return this.watchers[each.watcher]?.watch(each.channel, each.back);
      case 'leave':
        return this.watchers[each.watcher]?.leave(each.channel);
      case 'connect':
        return this.watchers[each.watcher]?.connect();
      case 'disconnect':
        return this.watchers[each.watcher]?.disconnect();
      case 'reads': {
        const socket = this.watchers[each.watcher]?.socket;
        if (each.reads) socket?.startReading();
        else socket?.stopReading();
        return;
      }
      case 'late':
        for (const one of this.#late.splice(0).reverse()) world.tell(one);
        return;
      case 'restart':
        await world.stop();
        return world.start();
      case 'ledger':
        world.ledger.isAway = each.away;
        return;
      case 'bus':
        if (each.away) world.bus.disconnect();
        else if (!world.bus.connected) world.bus.reconnect();
    }
  }

  #commit({ stream: name, kind: what, fate: how }: RowPlan): void {
    const committed = this.world.ledger.commit(name, what);
    if (how === 'late') this.#late.push(committed);
    else if (how !== 'lost') this.world.tell(committed);
    if (how === 'twice') this.world.tell(committed);
  }
}

describe('the live feed', () => {
  it('gives every client the journal: no gap, no repetition, nothing out of turn, the last event included', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }),
        fc.integer(),
        async (steps, seed) => {
          const story = new Story(seed);
          expect(await story.run(steps)).toEqual([]);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

/**
 * Brings market data into a cluster: any number of collectors may run, the one that has the role `collector` plays its
 * feed, the others stand by. Whoever begins goes on behind the last stored candle, so that there is no hole and nothing
 * twice with other contents, and says that candle again: it may have been stored and never told.
 */

import { FencedError, RetryableError } from '../protocol/errors.ts';
import { eventJson } from '../protocol/event.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Bus } from '../protocol/ports/bus.ts';
import { type Clock, sleep } from '../protocol/ports/clock.ts';
import type { LedgerReader, LedgerWriter } from '../protocol/ports/ledger.ts';
import type { Log } from '../protocol/ports/log.ts';
import type { Feed } from '../protocol/ports/market.ts';
import type { ClusterEvent, Owner, OwnershipPort } from '../protocol/ports/ownership.ts';
import type { Subjects } from '../protocol/subjects.ts';
import { backfill } from './backfill.ts';
import { RoleLease } from './cluster/role-lease.ts';
import { MarketPublisher } from './market-publisher.ts';
import { asOutsideFailure } from './outside-failure.ts';

export interface CollectorOptions {
  readonly owner: Owner;
  readonly feed: Feed;
  readonly ledger: { readonly ownership: OwnershipPort; readonly store: LedgerReader & LedgerWriter };
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly log: Log;
  /** The feed can't be played: not because a server is away. */
  readonly onFailed: (error: unknown) => void;
}

export class Collector {
  readonly #options: CollectorOptions;
  readonly #lease: RoleLease;
  readonly #publisher: MarketPublisher;
  #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: CollectorOptions) {
    this.#options = options;
    const { ledger, bus, subjects } = options;
    this.#lease = new RoleLease({
      ...options,
      name: 'collector',
      ownership: ledger.ownership,
      tell: (event) => this.#tell(event),
      begin: () => this.#begin(),
      end: () => this.#end(),
    });
    this.#publisher = new MarketPublisher({
      writer: ledger.store,
      bus,
      subjects,
      mayPublish: () => this.#lease.holds,
    });
  }

  /** Resolves when it is active or knows that another one is. */
  start(): Promise<void> {
    return this.#lease.start();
  }

  /** Hands over at once: another one need not wait for the lease to run out. */
  stop(): Promise<void> {
    return this.#lease.release();
  }

  /** Bus and ledger are there: it is active, or knows that another one is. */
  get leaseKnown(): boolean {
    return this.#lease.known;
  }

  get status() {
    const { epoch } = this.#lease;
    const { marketTime, trades, candles } = this.#publisher;
    return {
      role: epoch === undefined ? ('standby' as const) : ('active' as const),
      epoch: epoch ?? null,
      marketTime: marketTime === undefined ? null : new Date(marketTime).toISOString(),
      trades,
      candles,
    };
  }

  #begin(): void {
    const abort = new AbortController();
    this.#abort = abort;
    this.#running = this.#collect(abort.signal);
  }

  #end(): Promise<void> {
    this.#abort.abort();
    return this.#running;
  }

  /** Until the feed or the role ends; servers that are away are waited for. Never rejects. */
  async #collect(signal: AbortSignal): Promise<void> {
    const { clock, log, onFailed } = this.#options;
    while (!signal.aborted) {
      try {
        if ((await this.#play(signal)) === 'end') log.info({}, 'the feed has ended: there is no more market data');
        return;
      } catch (cause) {
        const error = asOutsideFailure(cause);
        // A lease that is in doubt is lost or renewed by the next look; renewed, the feed goes on.
        if (!(error instanceof RetryableError || error instanceof FencedError)) {
          onFailed(error);
          return;
        }
        log.warn({ error: error.message }, 'the market waits');
        await sleep(clock, LIMITS.outsideBackoffMaxMs);
      }
    }
  }

  async #play(signal: AbortSignal): Promise<'end' | 'aborted'> {
    const { feed, ledger, log } = this.#options;
    await backfill(ledger.store, feed);
    // A takeover is no word of a person: what was removed from trading stays so.
    this.#tell(await ledger.ownership.addSymbols(feed.symbols, { onlyNew: true }));
    const last = await ledger.store.lastCandles(feed.symbols);
    for (const symbol of last.keys()) {
      for (const candle of await ledger.store.candles(symbol, 1))
        this.#publisher.publish({ type: 'candle', symbol, candle, inside: 'trades' });
    }
    log.info({ symbols: feed.symbols.length, feed: feed.kind }, 'market data is collected');
    return feed.run(this.#publisher, last, signal);
  }

  #tell(event: ClusterEvent): void {
    const { bus, subjects } = this.#options;
    if (event !== undefined) bus.publish(subjects.event('cluster', 'ownership'), eventJson(event));
  }
}

/**
 * Market data from a collector, over the bus, to the symbols this Pod owns. Each symbol's events are handled one after
 * the other; when too many wait, the oldest tick is dropped and counted, candles never.
 */
import { closeTime, type MarketTrade, MINUTE_MS } from '../../domain/candle.ts';
import { isSymbol } from '../../domain/instrument.ts';
import { RetryableError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Bus, BusMessage } from '../../protocol/ports/bus.ts';
import { type Clock, sleep } from '../../protocol/ports/clock.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { MarketEvent } from '../../protocol/ports/market.ts';
import { lastToken, type Subjects } from '../../protocol/subjects.ts';
import type { AccountService } from '../account-service.ts';
import type { MarketIntake } from '../market-intake.ts';
import { asOutsideFailure } from '../outside-failure.ts';
import type { PodStats } from '../pod-stats.ts';
import type { SymbolHost } from '../symbol-host.ts';
import { decodeMarketEvent } from './market-decode.ts';

export interface MarketBusOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly hosts: ReadonlyMap<string, SymbolHost>;
  /** Of every price, not only of this Pod's symbols: the account values all that is held. */
  readonly account: () => Pick<AccountService, 'isHere' | 'observePrice'> | undefined;
  readonly intake: Pick<MarketIntake, 'decided' | 'observeTime'>;
  readonly stats: PodStats;
  readonly clock: Clock;
  readonly log: Log;
}

/** What waits for one life of a symbol in this Pod. */
interface Lane {
  readonly host: SymbolHost | undefined;
  readonly waiting: MarketEvent[];
  busy: boolean;
  /** Of the last trade's minute: a symbol that came here in the middle of one, or missed a trade, has not seen all of it. */
  readonly heard: { openTime: number; low: number; high: number };
  /** Open time of the last candle that came. */
  lastOpen: number | undefined;
  /** Market time up to which everything was heard. */
  heardUntil: number;
}

export class MarketBus {
  readonly #options: MarketBusOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #unsubscribe: () => void;
  #invalid = 0;

  constructor(options: MarketBusOptions) {
    this.#options = options;
    this.#unsubscribe = options.bus.subscribe(options.subjects.market('*', '*'), (message) => this.#onMessage(message));
  }

  stop(): void {
    this.#unsubscribe();
    this.#lanes.clear();
  }

  #onMessage(message: BusMessage): void {
    const { hosts, log, account } = this.#options;
    const symbol = message.subject.split('.').at(-2) ?? '';
    const host = hosts.get(symbol);
    const valued = account()?.isHere === true;
    if ((host === undefined && !valued) || !isSymbol(symbol)) return;
    const lane = this.#lane(symbol, host);
    const event = decodeMarketEvent(lastToken(message.subject), symbol, message.data, lane.heard);
    if (typeof event === 'string') {
      this.#invalid += 1;
      log.warn({ symbol, problem: event, invalid: this.#invalid }, 'market data could not be read');
      return;
    }
    if (isRepeated(lane, event)) {
      this.#options.stats.repeatedMarketEvents += 1;
      return;
    }
    if (event.type === 'trade') hear(lane, event.trade);
    this.#observePrice(event);
    if (host === undefined) return;
    if (lane.waiting.length >= LIMITS.marketQueueMax) this.#dropTick(lane);
    lane.waiting.push(event);
    if (!lane.busy) void this.#work(host, lane);
  }

  async #work(host: SymbolHost, lane: Lane): Promise<void> {
    lane.busy = true;
    try {
      for (let event = lane.waiting.shift(); event !== undefined; event = lane.waiting.shift()) {
        await this.#deliver(host, event);
        if (event.type === 'candle') this.#options.intake.decided(host.symbol);
      }
    } catch (error) {
      this.#options.log.error({ symbol: host.symbol, error: String(error) }, 'market data could not be handled');
    } finally {
      lane.busy = false;
    }
  }

  /** What the actor reads before it decides may be away for a while: the event waits with it. */
  async #deliver(host: SymbolHost, event: MarketEvent): Promise<void> {
    const { hosts, log, clock } = this.#options;
    while (hosts.get(host.symbol) === host) {
      try {
        await host.market(event);
        return;
      } catch (error) {
        const outside = asOutsideFailure(error);
        if (!(outside instanceof RetryableError)) throw error;
        log.warn({ symbol: host.symbol, error: outside.message }, 'a market event waits for the ledger');
        await sleep(clock, LIMITS.outsideBackoffMaxMs);
      }
    }
  }

  #observePrice(event: MarketEvent): void {
    const at = event.type === 'trade' ? event.trade.at : event.candle.openTime;
    const price = event.type === 'trade' ? event.trade.price : event.candle.close;
    this.#options.intake.observeTime(at);
    this.#options
      .account()
      ?.observePrice(event.symbol, price, at)
      ?.catch((error: unknown) => {
        this.#options.log.warn(
          { error: (error as Error).message },
          "the day's reference equity could not be stored yet",
        );
      });
  }

  #dropTick(lane: Lane): void {
    const tick = lane.waiting.findIndex((event) => event.type === 'trade');
    if (tick === -1) return;
    lane.waiting.splice(tick, 1);
    this.#options.stats.droppedTicks += 1;
    // What it said is said by its candle, which waits behind it or has yet to come.
    const behind = lane.waiting.findIndex(({ type }, index) => index >= tick && type === 'candle');
    const candle = lane.waiting[behind];
    if (candle?.type === 'candle') lane.waiting[behind] = { ...candle, inside: 'path' };
    else lane.heard.openTime = 0;
  }

  #lane(symbol: string, host: SymbolHost | undefined): Lane {
    const known = this.#lanes.get(symbol);
    if (known !== undefined && known.host === host) return known;
    const lane: Lane = {
      host,
      waiting: [],
      busy: false,
      heard: { openTime: 0, low: 0, high: 0 },
      lastOpen: undefined,
      heardUntil: 0,
    };
    this.#lanes.set(symbol, lane);
    return lane;
  }
}

function hear({ heard }: Lane, { price, at }: MarketTrade): void {
  const openTime = Math.floor(at / MINUTE_MS) * MINUTE_MS;
  const isNew = openTime !== heard.openTime;
  heard.openTime = openTime;
  heard.low = isNew ? price : Math.min(heard.low, price);
  heard.high = isNew ? price : Math.max(heard.high, price);
}

/**
 * A collector that took over says the last candle again and begins its minute anew, and one that was frozen sends what it had
 * on its way: what was heard once moves nothing again. A new candle says where the market is, whatever was heard before it.
 */
function isRepeated(lane: Lane, event: MarketEvent): boolean {
  if (event.type === 'trade') {
    if (event.trade.at < lane.heardUntil) return true;
    lane.heardUntil = event.trade.at;
    return false;
  }
  if (lane.lastOpen !== undefined && event.candle.openTime <= lane.lastOpen) return true;
  lane.lastOpen = event.candle.openTime;
  lane.heardUntil = closeTime(event.candle);
  return false;
}

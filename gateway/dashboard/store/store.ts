/**
 * The store: signals filled from the feed, history from the read API. Pages read it and never talk to the server themselves.
 * What is shown of the moment comes from snapshots and events only, so that a reconnect leaves it complete and correct.
 */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { CandleJson, FeedEvent, Stop } from '../../../protocol/feed.ts';
import { stopsAfter } from '../../client/stops.ts';
import { afterAccountEvent, afterAccountSnapshot, fromAccountState } from './account-view.ts';
import { type Api, UnauthorizedError } from './api.ts';
import { fromClusterSnapshot, fromClusterState } from './cluster-view.ts';
import { EquityHistory } from './equity-history.ts';
import { withEvent, withHistory } from './event-log.ts';
import type { FeedSource, FeedSubscription, OpenFeed } from './feed-source.ts';
import { listOf } from './json.ts';
import { stopsOf } from './stops.ts';
import { SymbolChannel } from './symbol-channel.ts';
import type { AccountView, Aged, ClusterView, Command, Connection, EquityCurve, Store } from './types.ts';

export interface StoreOptions {
  readonly api: Api;
  readonly openFeed: OpenFeed;
  readonly token: () => string | null;
  /** Milliseconds of this browser's clock. */
  readonly now: () => number;
  /** Calls `work` again and again; the page lives as long as the store, so nothing stops it. */
  readonly every: (milliseconds: number, work: () => void) => void;
  readonly after: (milliseconds: number, work: () => void) => void;
}

/** `asked`: the server wants a token. `refused`: it got one and did not accept it. */
export type Access = 'open' | 'asked' | 'refused';

const SECOND_MS = 1_000;
const START_RETRY_MS = 2_000;
const HISTORY_RETRY_MS = 15_000;
const EQUITY_REFRESH_MS = 30_000;
const DECISIONS_MAX = 50;
const FILLS_PER_SYMBOL = 10;
/** A decision of the feed is a row of its symbol: these kinds are what the engine thought. */
const THOUGHTS: ReadonlySet<string> = new Set(['decision', 'signal']);

export class DashboardStore implements Store {
  readonly #options: StoreOptions;
  readonly #connection = signal<Connection>('connecting');
  readonly #lostAt = signal<number | null>(null);
  readonly #now;
  readonly #access = signal<Access>('open');
  readonly #account = signal<Aged<AccountView> | undefined>(undefined);
  readonly #cluster = signal<Aged<ClusterView> | undefined>(undefined);
  readonly #symbols = signal<readonly string[]>([]);
  readonly #events = signal<readonly FeedEvent[]>([]);
  readonly #marketTime = signal<string | undefined>(undefined);
  readonly #channels = new Map<string, SymbolChannel>();
  readonly #subscribed = new Map<string, FeedSubscription>();
  /** By the journal, also before the account is valued. */
  #accountStops: readonly Stop[] = [];
  readonly equityHistory: EquityHistory;
  #feed: FeedSource | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#now = signal(options.now());
    this.equityHistory = new EquityHistory({
      load: (points, from) => options.api.equity(points, from),
      account: this.#account,
      marketTime: this.#marketTime,
    });
    options.every(SECOND_MS, () => {
      this.#now.value = options.now();
    });
    options.every(EQUITY_REFRESH_MS, () => void this.equityHistory.refresh());
  }

  get connection(): ReadonlySignal<Connection> {
    return this.#connection;
  }
  get lostAt(): ReadonlySignal<number | null> {
    return this.#lostAt;
  }
  get now(): ReadonlySignal<number> {
    return this.#now;
  }
  get access(): ReadonlySignal<Access> {
    return this.#access;
  }
  get symbols(): ReadonlySignal<readonly string[]> {
    return this.#symbols;
  }
  get account(): ReadonlySignal<Aged<AccountView> | undefined> {
    return this.#account;
  }
  get cluster(): ReadonlySignal<Aged<ClusterView> | undefined> {
    return this.#cluster;
  }
  get equity(): ReadonlySignal<EquityCurve | undefined> {
    return this.equityHistory.curve;
  }
  get events(): ReadonlySignal<readonly FeedEvent[]> {
    return this.#events;
  }
  /** The newest moment of the market that was heard of (ISO-8601, UTC). */
  get marketTime(): ReadonlySignal<string | undefined> {
    return this.#marketTime;
  }
  /** The newest decisions and signals of all symbols, newest first. */
  readonly decisions: ReadonlySignal<readonly FeedEvent[]> = computed(() =>
    this.#events.value.filter(({ kind }) => THOUGHTS.has(kind)).slice(0, DECISIONS_MAX),
  );

  symbol(symbol: string): ReturnType<Store['symbol']> {
    return this.#channel(symbol).view;
  }
  price(symbol: string): ReturnType<Store['price']> {
    return this.#channel(symbol).price;
  }
  candle(symbol: string): ReturnType<Store['candle']> {
    return this.#channel(symbol).candle;
  }
  onEvent(symbol: string, listener: (event: FeedEvent) => void): () => void {
    return this.#channel(symbol).listen(listener);
  }
  candles(symbol: string, limit: number): Promise<readonly CandleJson[]> {
    return this.#options.api.candles(symbol, limit);
  }
  fills(symbol: string, limit: number): Promise<readonly FeedEvent[]> {
    return this.#options.api.fills(symbol, limit);
  }
  command(command: Command): ReturnType<Store['command']> {
    return this.#options.api.command(command);
  }

  /** Asks which symbols there are, then opens the feed; again until it succeeds. Also called after a person signed in. */
  async start(): Promise<void> {
    try {
      const symbols = await this.#options.api.symbols();
      this.#access.value = 'open';
      this.#open();
      this.#follow(symbols);
      await Promise.all([this.equityHistory.refresh(), this.#loadFills(symbols)]);
    } catch (error) {
      if (error instanceof UnauthorizedError) this.#askForToken();
      else if (this.#feed === undefined) this.#options.after(START_RETRY_MS, () => void this.start());
    }
  }

  #askForToken(): void {
    this.#access.value = this.#options.token() === null ? 'asked' : 'refused';
  }

  #open(): void {
    this.#feed?.close();
    this.#subscribed.clear();
    this.#feed = this.#options.openFeed({
      token: this.#options.token(),
      onStatus: ({ connection, lostAt, unauthorized }) => {
        const healed = connection === 'live' && this.#connection.value === 'lost';
        this.#connection.value = connection;
        this.#lostAt.value = lostAt;
        if (unauthorized) this.#askForToken();
        if (healed) void this.equityHistory.refresh();
      },
    });
    this.#feed.subscribe('account', {
      snapshot: ({ data }) => {
        this.#accountStops = stopsOf(data.stops);
        this.#setAccount((view) => afterAccountSnapshot(view, data));
      },
      event: (event) => {
        this.#accountStops = stopsAfter(this.#accountStops, event);
        this.#setAccount((view) => afterAccountEvent(view, event));
        this.#hear(event);
      },
      state: ({ data }) => {
        this.#account.value = { value: fromAccountState(data, this.#accountStops), heardAt: this.#options.now() };
      },
    });
    this.#feed.subscribe('cluster', {
      snapshot: ({ data }) =>
        this.#setCluster(fromClusterSnapshot(data, this.#cluster.value?.value, this.#options.now())),
      event: (event) => this.#hear(event),
      state: ({ data }) => this.#setCluster(fromClusterState(data)),
    });
    // Its events are those of the symbols, which come on their own channels: only the history is taken.
    this.#feed.subscribe('decisions', {
      snapshot: ({ data }) => {
        this.#events.value = withHistory(this.#events.value, listOf(data.recent) as unknown as readonly FeedEvent[]);
      },
    });
  }

  /** These and no others: symbols are added and removed while the page is open. */
  #follow(symbols: readonly string[]): void {
    const all = [...symbols].sort();
    for (const [symbol, subscription] of this.#subscribed) {
      if (all.includes(symbol)) continue;
      subscription.unsubscribe();
      this.#subscribed.delete(symbol);
      // What was known of it is old when it comes back.
      this.#channels.delete(symbol);
    }
    if (all.join() !== this.#symbols.value.join()) this.#symbols.value = all;
    for (const symbol of all) {
      if (this.#feed === undefined || this.#subscribed.has(symbol)) continue;
      this.#subscribed.set(symbol, this.#feed.subscribe(`symbol:${symbol}`, this.#channel(symbol).handlers));
    }
  }

  #channel(symbol: string): SymbolChannel {
    const known = this.#channels.get(symbol);
    if (known !== undefined) return known;
    const channel = new SymbolChannel({
      symbol,
      now: this.#options.now,
      onEvent: (event) => this.#hear(event),
      onMarketTime: (at) => {
        if (at > (this.#marketTime.value ?? '')) this.#marketTime.value = at;
      },
    });
    this.#channels.set(symbol, channel);
    return channel;
  }

  #hear(event: FeedEvent): void {
    this.#events.value = withEvent(this.#events.value, event);
  }

  #setAccount(change: (view: AccountView) => AccountView): void {
    const before = this.#account.value;
    // The age stays: a snapshot or an event values nothing anew.
    if (before !== undefined) this.#account.value = { value: change(before.value), heardAt: before.heardAt };
  }

  #setCluster(value: ClusterView): void {
    this.#cluster.value = { value, heardAt: this.#options.now() };
    this.#follow(value.symbols.map(({ symbol }) => symbol));
  }

  /** History for the list of events; a page that could not be loaded is asked for again. */
  async #loadFills(symbols: readonly string[]): Promise<void> {
    for (const [index, symbol] of symbols.entries()) {
      try {
        const fills = await this.#options.api.fills(symbol, FILLS_PER_SYMBOL);
        this.#events.value = withHistory(this.#events.value, fills);
      } catch {
        this.#options.after(HISTORY_RETRY_MS, () => void this.#loadFills(symbols.slice(index)));
        return;
      }
    }
  }
}

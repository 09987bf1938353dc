/**
 * The live feed: streams of the journal, prices and state, to all who watch. Knows neither the transport (LiveServer) nor the
 * ledger (FeedReader); is stateless, so that any number of gateways stand beside each other.
 */
import { LIMITS } from '../../protocol/limits.ts';
import type { Bus } from '../../protocol/ports/bus.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { FeedReader, FeedSnapshot } from '../../protocol/ports/feed-reader.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { Subjects } from '../../protocol/subjects.ts';
import type { LiveHandlers, LiveServer } from '../live-server.ts';
import { COHORTS, LINGER_MS, LOOK_INTERVAL_MS } from './bounds.ts';
import { BusIntake } from './bus-intake.ts';
import { Candles } from './candles.ts';
import { ACCOUNT, type ChannelName, channelOfStream, DECISIONS, isSymbolStream, priceTopic } from './channel-name.ts';
import { Cohorts } from './cohorts.ts';
import { DecisionsChannel } from './decisions-channel.ts';
import type { EventStream, StreamEvent } from './event-stream.ts';
import { every } from './every.ts';
import type { FeedChannel } from './feed-channel.ts';
import { Heads, type HeadsOfStreams } from './heads.ts';
import { JournalChannel, readSnapshot } from './journal-channel.ts';
import { LedgerReads } from './ledger-reads.ts';
import { candleText, heartbeatText, liveText, snapshotText } from './messages.ts';
import { Prices } from './prices.ts';
import type { FeedSession, FeedSocket } from './session.ts';
import { States } from './states.ts';
import { type FeedCounts, type FeedStats, zeroCounts } from './stats.ts';
import { Streams } from './streams.ts';
import { Subscriptions } from './subscriptions.ts';
import { takeTurns } from './turns.ts';

export interface FeedHubOptions {
  readonly reader: FeedReader;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly log: Log;
}

/** No channel has this name. */
const HEARTBEAT_TOPIC = 'heartbeat';

export class FeedHub {
  /** The part of a LiveServer's handlers that is the feed's; the data of a connection is a new FeedSession. */
  readonly handlers: Pick<LiveHandlers<FeedSession>, 'opened' | 'message' | 'overflowed' | 'drained' | 'closed'>;
  readonly #options: FeedHubOptions;
  readonly #counts: FeedCounts = zeroCounts();
  readonly #reads: LedgerReads;
  readonly #heads: Heads;
  readonly #streams: Streams;
  readonly #subscriptions: Subscriptions;
  readonly #states: States;
  readonly #prices: Prices;
  readonly #cohorts = new Cohorts();
  readonly #candles = new Candles();
  readonly #journals = new Map<string, JournalChannel>();
  #decisions: DecisionsChannel | undefined;
  #server: Pick<LiveServer, 'publish'> | undefined;
  #intake: BusIntake | undefined;
  #timers: readonly (() => void)[] = [];

  constructor(options: FeedHubOptions) {
    this.#options = options;
    const { clock, log } = options;
    const counts = this.#counts;
    this.#prices = new Prices({ clock, onBad: (symbol, error) => this.#intake?.bad(symbol, error) });
    this.#reads = new LedgerReads({ ...options, counts });
    this.#streams = new Streams({
      clock,
      log,
      counts,
      journal: (stream, afterSeq, limit) => this.#reads.run((reader) => reader.journal(stream, afterSeq, limit)),
      snapshot: (stream) => readSnapshot({ reads: this.#reads, counts }, stream),
      published: (stream, event, text) => this.#published(stream, event, text),
      restarted: (stream, snapshot) => this.#restarted(stream, snapshot),
    });
    this.#heads = new Heads({
      clock,
      read: () => this.#reads.run((reader) => reader.heads()),
      onHeads: (heads) => this.#onHeads(heads),
      isNeeded: () => this.#streams.size > 0,
    });
    this.#subscriptions = new Subscriptions({
      clock,
      counts,
      cohorts: this.#cohorts,
      heartbeatTopic: HEARTBEAT_TOPIC,
      channel: (name, parsed) => this.#channel(name, parsed),
    });
    const subscriptions = this.#subscriptions;
    this.handlers = {
      opened: (socket) => subscriptions.opened(socket),
      message: (socket, text) => subscriptions.message(socket, text),
      overflowed: (socket) => subscriptions.overflowed(socket),
      drained: (socket) => subscriptions.drained(socket),
      closed: (socket) => subscriptions.closed(socket),
    };
    this.#states = new States({ ...options, counts, publish: (channel, text) => this.#publish(channel, text) });
  }

  /** Listens to the bus and publishes on `server`, which serves with this hub's handlers. */
  start(server: Pick<LiveServer, 'publish'>): void {
    const { clock } = this.#options;
    this.#server = server;
    this.#intake = new BusIntake({
      ...this.#options,
      counts: this.#counts,
      onEvent: (stream, read) => this.#onEvent(stream, read),
      onTrade: (symbol, data) => this.#onTrade(symbol, data),
      onCandle: (symbol, data) => this.#onCandle(symbol, data),
    });
    this.#heads.start();
    this.#timers = [
      takeTurns(clock, { turns: COHORTS, roundMs: LIMITS.feedTickIntervalMs }, (cohort) => this.#tellPrices(cohort)),
      every(clock, LOOK_INTERVAL_MS, () => {
        this.#states.ask(this.#journals.values());
        this.#sweep();
      }),
      every(clock, LIMITS.feedHeartbeatIntervalMs, () => {
        this.#publish(HEARTBEAT_TOPIC, heartbeatText(clock.now()));
      }),
    ];
  }

  /** Publishes nothing any more. The connections are the server's to close. */
  stop(): void {
    for (const cancel of this.#timers) cancel();
    this.#heads.stop();
    this.#intake?.stop();
    for (const channel of this.#journals.values()) channel.close();
    this.#decisions?.close();
    this.#streams.close();
    this.#server = undefined;
  }

  get stats(): FeedStats {
    const { clients, subscriptions } = this.#subscriptions;
    const { rows, since } = this.#streams.lag();
    const lagMs = since === undefined ? 0 : this.#options.clock.monotonic() - since;
    return { ...this.#counts, clients, subscriptions, streams: this.#streams.size, rowsBehind: rows, lagMs };
  }

  #channel(name: string, parsed: ChannelName): FeedChannel {
    const ports = {
      clock: this.#options.clock,
      log: this.#options.log,
      counts: this.#counts,
      streams: this.#streams,
      heads: this.#heads,
      reads: this.#reads,
      extras: (channel: FeedChannel) => this.#extras(channel),
      turnedAway: (channel: FeedChannel, socket: FeedSocket) => this.#subscriptions.turnAway(channel, socket),
    };
    if (parsed.kind === DECISIONS) {
      this.#decisions ??= new DecisionsChannel(ports);
      return this.#decisions;
    }
    const known = this.#journals.get(name);
    if (known !== undefined) return known;
    const channel = new JournalChannel(name, parsed, ports);
    this.#journals.set(name, channel);
    return channel;
  }

  /** What is not in the journal, for who comes now; nothing that is old, since a client takes what it hears for new. */
  #extras(channel: FeedChannel): readonly string[] {
    if (!(channel instanceof JournalChannel)) return [];
    const price = channel.kind === 'symbol' ? this.#prices.newest(channel.streamName) : undefined;
    return [channel.state.recentText(this.#options.clock.monotonic()), price].filter((text) => text !== undefined);
  }

  #publish(topic: string, text: string): void {
    this.#server?.publish(topic, text);
  }

  #published(stream: EventStream, event: StreamEvent, text: string): void {
    this.#publish(stream.channel, text);
    const decision = this.#decisions?.hear(stream.name, event);
    if (decision !== undefined) this.#publish(DECISIONS, decision);
    this.#happened(stream.name);
  }

  #restarted(stream: EventStream, snapshot: FeedSnapshot): void {
    this.#publish(stream.channel, snapshotText(stream.channel, snapshot));
    this.#publish(stream.channel, liveText(stream.channel, snapshot.seq));
    this.#decisions?.forget();
    this.#happened(stream.name);
  }

  #onHeads(heads: HeadsOfStreams): void {
    this.#decisions?.adopt(heads);
    this.#streams.learn(heads);
  }

  #onEvent(name: string, read: () => StreamEvent | undefined): void {
    const stream = this.#streams.get(name);
    if (stream === undefined) {
      // Nobody watches it, but it may have changed what the account is worth.
      this.#happened(name);
      return;
    }
    const event = read();
    if (event !== undefined) stream.hint(event);
  }

  #onTrade(symbol: string, data: Uint8Array): void {
    this.#prices.trade(symbol, data);
    const channel = this.#journals.get(channelOfStream(symbol));
    if (channel !== undefined) channel.state.hasMoved = true;
    const account = this.#journals.get(ACCOUNT);
    if (account !== undefined) account.state.hasMoved = true;
  }

  #onCandle(symbol: string, data: Uint8Array): void {
    const candle = this.#candles.take(symbol, data);
    if (candle === undefined) return;
    const channel = channelOfStream(symbol);
    this.#publish(channel, candleText(channel, candle.json));
    this.#prices.set(symbol, candle.close);
    this.#happened(symbol);
  }

  /** Something was committed or decided: what the engine answers about it may have changed. */
  #happened(stream: string): void {
    const channel = this.#journals.get(channelOfStream(stream));
    if (channel !== undefined) channel.state.hasHappened = true;
    if (!isSymbolStream(stream)) return;
    const account = this.#journals.get(ACCOUNT);
    if (account !== undefined) account.state.hasHappened = true;
  }

  /** All of a cohort's prices in one turn of the loop, so that each client gets them in one write. */
  #tellPrices(cohort: number): void {
    const publish = (channel: string, text: string): void => this.#publish(priceTopic(channel, cohort), text);
    this.#prices.tell(cohort, {
      isWatched: (channel) => (this.#journals.get(channel)?.watchers ?? 0) > 0,
      publish: this.#cohorts.isEmpty(cohort) ? undefined : publish,
    });
  }

  /** Forgets what nobody has watched for a while. */
  #sweep(): void {
    const before = this.#options.clock.monotonic() - LINGER_MS;
    for (const [name, channel] of this.#journals) {
      if (channel.watchers > 0 || (channel.isReady && channel.idleSince > before)) continue;
      channel.close();
      this.#journals.delete(name);
    }
    if (this.#decisions !== undefined && this.#decisions.watchers === 0 && this.#decisions.idleSince <= before) {
      this.#decisions.close();
      this.#decisions = undefined;
    }
  }
}

/**
 * What clients subscribe to: a topic of the server, with those who catch up to it. The prices of a symbol have topics of
 * their own, one for each cohort of clients.
 */
import type { Clock } from '../../protocol/ports/clock.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { CatchUp, type CatchUpSource, type Reading } from './catch-up.ts';
import { type ChannelName, priceTopic } from './channel-name.ts';
import type { Heads } from './heads.ts';
import type { LedgerReads } from './ledger-reads.ts';
import type { FeedSocket } from './session.ts';
import type { FeedCounts } from './stats.ts';
import type { Streams } from './streams.ts';

export interface ChannelPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: FeedCounts;
  readonly streams: Streams;
  readonly heads: Heads;
  readonly reads: LedgerReads;
  /** The newest state and price of a channel, as messages. */
  readonly extras: (channel: FeedChannel) => readonly string[];
  readonly turnedAway: (channel: FeedChannel, socket: FeedSocket) => void;
}

export abstract class FeedChannel implements CatchUpSource {
  readonly name: string;
  readonly kind: ChannelName['kind'];
  readonly catchUp: CatchUp;
  /** Clients that watch it: those who have joined, who catch up, and who read too slowly. */
  watchers = 0;
  /** Monotonic; since when nobody watches. */
  idleSince: number;
  protected readonly ports: ChannelPorts;
  protected isClosed = false;

  constructor(name: string, kind: ChannelName['kind'], ports: ChannelPorts) {
    this.name = name;
    this.kind = kind;
    this.ports = ports;
    this.idleSince = ports.clock.monotonic();
    this.catchUp = new CatchUp(this, ports);
  }

  abstract readonly seq: number;
  abstract readonly remembered: Reading;
  abstract ready(): Promise<boolean>;
  abstract mayReplay(since: number): boolean;
  abstract replay(since: number): Promise<Reading>;
  abstract snapshot(): Promise<Reading>;
  abstract catchingUp(isCatchingUp: boolean): void;
  protected abstract release(): void;

  join(socket: FeedSocket): void {
    socket.subscribe(this.name);
    if (this.kind === 'symbol') socket.subscribe(priceTopic(this.name, socket.data.cohort));
  }

  leave(socket: FeedSocket): void {
    socket.unsubscribe(this.name);
    if (this.kind === 'symbol') socket.unsubscribe(priceTopic(this.name, socket.data.cohort));
  }

  extras(): readonly string[] {
    return this.ports.extras(this);
  }

  turnedAway(socket: FeedSocket): void {
    this.ports.turnedAway(this, socket);
  }

  close(): void {
    this.isClosed = true;
    this.catchUp.close();
    this.release();
  }
}

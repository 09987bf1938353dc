/**
 * What clients say and what becomes of it: who watches which channel, who reads too slowly, who breaks a rule. Sends nothing
 * to who reads too slowly; when it has read what waited, it gets snapshots of all it watches.
 */

import type { FeedErrorCode } from '../../protocol/feed.ts';
import { decodeFeedRequest } from '../../protocol/feed-request.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { LiveHandlers } from '../live-server.ts';
import { type ChannelName, DECISIONS, parseChannel } from './channel-name.ts';
import type { Cohorts } from './cohorts.ts';
import type { FeedChannel } from './feed-channel.ts';
import { errorText, HELLO, liveText, PONG } from './messages.ts';
import type { FeedSession, FeedSocket } from './session.ts';
import type { FeedCounts } from './stats.ts';

export interface SubscriptionsOptions {
  readonly clock: Clock;
  readonly counts: FeedCounts;
  readonly cohorts: Cohorts;
  /** The topic that all connections hear. */
  readonly heartbeatTopic: string;
  /** The channel, made when nobody has watched it yet. */
  readonly channel: (name: string, parsed: ChannelName) => FeedChannel;
}

/** A connection ended for breaking a rule. */
const POLICY = 1008;

export class Subscriptions
  implements Pick<LiveHandlers<FeedSession>, 'opened' | 'message' | 'overflowed' | 'drained' | 'closed'>
{
  readonly #options: SubscriptionsOptions;
  #clients = 0;
  #subscriptions = 0;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  get clients(): number {
    return this.#clients;
  }

  get subscriptions(): number {
    return this.#subscriptions;
  }

  opened(socket: FeedSocket): void {
    this.#clients += 1;
    socket.data.cohort = this.#options.cohorts.join();
    socket.send(HELLO);
    socket.subscribe(this.#options.heartbeatTopic);
  }

  message(socket: FeedSocket, text: string): void {
    const session = socket.data;
    if (session.isClosed) return;
    if (!session.takeMessage(this.#options.clock.monotonic())) {
      this.#end(socket, 'too many messages');
      return;
    }
    const decoded = decodeFeedRequest(text);
    if (decoded.type === 'garbage') this.#end(socket, 'not a message');
    else if (decoded.type === 'refused') this.#refuse(socket, decoded.code, decoded.message);
    else if (decoded.request.op === 'ping') this.#send(socket, PONG);
    else if (decoded.request.op === 'unsubscribe') this.#unsubscribe(socket, decoded.request.channels);
    else {
      const { channels, since } = decoded.request;
      for (const name of new Set(channels)) {
        if (session.isClosed) return;
        this.#subscribe(socket, name, since !== undefined && Object.hasOwn(since, name) ? since[name] : undefined);
      }
    }
  }

  overflowed({ data: session }: FeedSocket): void {
    session.isOverflowing = true;
    for (const channel of session.channels ?? []) channel.catchUp.remove(session);
  }

  drained(socket: FeedSocket): void {
    const session = socket.data;
    if (!session.isOverflowing || session.isClosed) return;
    session.isOverflowing = false;
    for (const channel of [...(session.channels ?? [])]) {
      // It may overflow again on the way; then all begin anew when it has read that.
      if (session.isOverflowing || session.isClosed) return;
      this.#options.counts.resyncs += 1;
      channel.catchUp.add(socket, undefined);
    }
  }

  closed({ data: session }: FeedSocket): void {
    if (session.isClosed) return;
    session.isClosed = true;
    this.#clients -= 1;
    this.#options.cohorts.leave(session.cohort);
    for (const channel of session.channels ?? []) this.#leave(channel, session);
    session.channels = undefined;
  }

  /** There is no such channel after all. */
  turnAway(channel: FeedChannel, socket: FeedSocket): void {
    this.#remove(channel, socket.data);
    this.#refuse(socket, 'NOT_FOUND', 'there is no such channel: symbols are those of the cluster', channel.name);
  }

  #subscribe(socket: FeedSocket, name: string, since: number | undefined): void {
    const session = socket.data;
    const known = session.channels?.find((channel) => channel.name === name);
    if (known !== undefined) {
      this.#again(socket, known, since);
      return;
    }
    const parsed = parseChannel(name);
    if (parsed === undefined) {
      this.#refuse(socket, 'INVALID', 'a channel is symbol:<SYMBOL>, account, cluster or decisions', name);
      return;
    }
    session.channels ??= [];
    if (session.channels.length >= LIMITS.feedChannelsPerClientMax) {
      const message = `a client has at most ${LIMITS.feedChannelsPerClientMax} channels`;
      this.#refuse(socket, 'LIMIT', message, name);
      return;
    }
    const channel = this.#options.channel(name, parsed);
    session.channels.push(channel);
    channel.watchers += 1;
    this.#subscriptions += 1;
    // One that reads too slowly gets a snapshot with the others.
    if (!session.isOverflowing) channel.catchUp.add(socket, since);
  }

  /** Subscribed already: only what `since` asks for is sent again. */
  #again(socket: FeedSocket, channel: FeedChannel, since: number | undefined): void {
    if (socket.data.isOverflowing) return;
    if (since !== undefined && channel.kind !== DECISIONS) channel.catchUp.add(socket, since);
    else if (!channel.catchUp.has(socket.data)) this.#send(socket, liveText(channel.name, channel.seq));
  }

  #unsubscribe(socket: FeedSocket, names: readonly string[]): void {
    const session = socket.data;
    for (const name of names) {
      const channel = session.channels?.find((other) => other.name === name);
      if (channel === undefined) continue;
      channel.leave(socket);
      this.#remove(channel, session);
    }
  }

  #remove(channel: FeedChannel, session: FeedSession): void {
    const at = session.channels?.indexOf(channel) ?? -1;
    if (at === -1) return;
    session.channels?.splice(at, 1);
    this.#leave(channel, session);
  }

  #leave(channel: FeedChannel, session: FeedSession): void {
    channel.catchUp.remove(session);
    channel.watchers -= 1;
    this.#subscriptions -= 1;
    if (channel.watchers === 0) channel.idleSince = this.#options.clock.monotonic();
  }

  #refuse(socket: FeedSocket, code: FeedErrorCode, message: string, channel?: string): void {
    this.#options.counts.refused += 1;
    this.#send(socket, errorText(code, message, channel));
  }

  #send(socket: FeedSocket, text: string): void {
    if (!socket.data.isOverflowing && !socket.data.isClosed) socket.send(text);
  }

  #end(socket: FeedSocket, reason: string): void {
    this.#options.counts.closedForRules += 1;
    socket.end(POLICY, reason);
  }
}

/**
 * A LiveServer in memory: topics, order, and clients that may stop reading. What waits for such a client is bounded; over the
 * bound it overflows, hears nothing more, and is drained when it has read all that waited. Using a closed socket is an error.
 */

import type { LiveHandlers, LiveSocket } from '../../gateway/live-server.ts';
import type { FeedMessage } from '../../protocol/feed.ts';

export type FeedHandlers<Data> = Pick<LiveHandlers<Data>, 'opened' | 'message' | 'overflowed' | 'drained' | 'closed'>;

export class FakeLiveServer<Data> {
  readonly sockets = new Set<FakeLiveSocket<Data>>();
  readonly handlers: FeedHandlers<Data>;
  readonly bufferedBytesMax: number;
  /** Everything published, in order. */
  readonly published: { readonly topic: string; readonly text: string }[] = [];

  constructor(handlers: FeedHandlers<Data>, bufferedBytesMax = 4_000) {
    this.handlers = handlers;
    this.bufferedBytesMax = bufferedBytesMax;
  }

  /** A client connects; what it reads goes to `onRead`. */
  connect(data: Data, onRead: (message: FeedMessage, text: string) => void = () => undefined): FakeLiveSocket<Data> {
    const socket = new FakeLiveSocket(this, data, onRead);
    this.sockets.add(socket);
    this.handlers.opened(socket);
    return socket;
  }

  publish(topic: string, text: string): void {
    this.published.push({ topic, text });
    for (const socket of [...this.sockets]) if (socket.topics.has(topic)) socket.deliver(text);
  }
}

export class FakeLiveSocket<Data> implements LiveSocket<Data> {
  readonly data: Data;
  readonly topics = new Set<string>();
  /** What the client has read. */
  readonly read: FeedMessage[] = [];
  closedWith: number | undefined;
  readonly #server: FakeLiveServer<Data>;
  readonly #onRead: (message: FeedMessage, text: string) => void;
  #waiting: string[] = [];
  #bytes = 0;
  #isReading = true;
  #isOverflowing = false;
  #isClosed = false;

  constructor(server: FakeLiveServer<Data>, data: Data, onRead: (message: FeedMessage, text: string) => void) {
    this.data = data;
    this.#server = server;
    this.#onRead = onRead;
  }

  get buffered(): number {
    return this.#bytes;
  }

  get isOverflowing(): boolean {
    return this.#isOverflowing;
  }

  get isReading(): boolean {
    return this.#isReading;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(text: string): boolean {
    this.#mustBeOpen('send');
    return this.deliver(text);
  }

  cork(write: () => void): void {
    this.#mustBeOpen('cork');
    write();
  }

  subscribe(topic: string): void {
    this.#mustBeOpen('subscribe');
    this.topics.add(topic);
  }

  unsubscribe(topic: string): void {
    this.#mustBeOpen('unsubscribe');
    this.topics.delete(topic);
  }

  end(code: number, _reason: string): void {
    this.#mustBeOpen('end');
    this.closedWith = code;
    this.disconnect();
  }

  /** False when it is dropped. */
  deliver(text: string): boolean {
    if (this.#isOverflowing) return false;
    if (this.#isReading) {
      this.#take(text);
      return true;
    }
    if (this.buffered + text.length > this.#server.bufferedBytesMax) {
      this.#isOverflowing = true;
      this.#server.handlers.overflowed(this);
      return false;
    }
    this.#waiting.push(text);
    this.#bytes += text.length;
    return true;
  }

  /** The client says something. */
  say(message: unknown): void {
    this.#server.handlers.message(this, typeof message === 'string' ? message : JSON.stringify(message));
  }

  stopReading(): void {
    this.#isReading = false;
  }

  /** Reads all that waits, and what comes from now on. */
  startReading(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#isReading = true;
    for (const text of waiting) this.#take(text);
    if (!this.#isOverflowing || this.#isClosed) return;
    this.#isOverflowing = false;
    this.#server.handlers.drained(this);
  }

  /** The connection is gone, with all that waited. */
  disconnect(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = [];
    this.topics.clear();
    this.#server.sockets.delete(this);
    this.#server.handlers.closed(this);
  }

  #take(text: string): void {
    const message = JSON.parse(text) as FeedMessage;
    this.read.push(message);
    this.#onRead(message, text);
  }

  #mustBeOpen(what: string): void {
    if (this.#isClosed) throw new Error(`${what} on a socket that is closed`);
  }
}

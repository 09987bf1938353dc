/**
 * One connection: what its client has said of itself, its subscriptions, and what happens to each of its frames.
 *
 * Life: open → (CONNECT accepted, where a token is asked for) → closing, when an error was told or the broker stops →
 * gone, with the socket. From closing on nothing is parsed or delivered; input is still read and thrown away, because
 * closing a socket with unread input resets it, and the client would never see the error.
 */
import type { Socket } from 'node:net';
import type { TokenCheck } from './access-token.ts';
import { type ConnectOptions, parseConnect, UNCONNECTED } from './connect-options.ts';
import { answerNoResponders, deliver } from './delivery.ts';
import type { FlushQueue } from './flush-queue.ts';
import { type FrameHandler, type PublishFrame, VIOLATION } from './frames.ts';
import type { BrokerSettings } from './options.ts';
import { Outbox } from './outbox.ts';
import { ProtocolParser } from './protocol-parser.ts';
import type { Route, RoutingTable } from './routing-table.ts';
import { isPattern } from './subject.ts';
import type { Publisher, Subscription } from './subscription.ts';

/** What all sessions of a broker share. */
export interface SessionContext {
  readonly settings: BrokerSettings;
  readonly table: RoutingTable;
  readonly flushQueue: FlushQueue;
  /** Undefined when no token is asked for. */
  readonly isTokenRight: TokenCheck | undefined;
  readonly counters: { messagesIn: number; messagesOut: number; slowConsumers: number };
}

export class ClientSession implements FrameHandler, Publisher {
  readonly id: number;
  readonly outbox: Outbox;
  readonly #socket: Socket;
  readonly #context: SessionContext;
  readonly #parser: ProtocolParser;
  readonly #subscriptions = new Map<string, Subscription>();
  #options: ConnectOptions = UNCONNECTED;
  #authorized: boolean;
  #authTimer: NodeJS.Timeout | undefined;
  #closing = false;
  #givingWay = false;
  #heardSincePing = true;
  #pingsOutstanding = 0;

  constructor(id: number, socket: Socket, context: SessionContext) {
    const { settings } = context;
    this.id = id;
    this.#socket = socket;
    this.#context = context;
    this.#authorized = context.isTokenRight === undefined;
    this.#parser = new ProtocolParser(this, settings);
    this.outbox = new Outbox({
      socket,
      flushQueue: context.flushQueue,
      pendingBytesMax: settings.pendingBytesMax,
      onOverflow: (pendingBytes) => this.#dropAsSlow(pendingBytes),
    });
    socket.on('data', (piece: Buffer) => {
      this.#heardSincePing = true;
      this.#parser.push(piece);
    });
    // An error (a reset, a write to a closed peer) is always followed by 'close', which does the cleaning up.
    socket.on('error', (cause) => settings.log.debug({ client: this.id, cause }, 'broker connection failed'));
    socket.on('close', () => this.#leave());
    if (!this.#authorized) {
      this.#authTimer = setTimeout(() => this.reject('Authentication Timeout'), settings.authTimeoutMs);
    }
  }

  get wantsEcho(): boolean {
    return this.#options.echo;
  }

  get readsHeaders(): boolean {
    return this.#options.headers;
  }

  onConnect(json: string): void {
    const options = parseConnect(json);
    if (options === undefined) {
      this.reject(VIOLATION.arguments);
      return;
    }
    const rejection = this.#rejectionOf(options);
    if (rejection !== undefined) {
      this.reject(rejection);
      return;
    }
    clearTimeout(this.#authTimer);
    this.#authorized = true;
    // The token has done its work and is kept nowhere.
    this.#options = { ...options, authToken: '' };
    this.#acknowledge();
  }

  onPing(): void {
    if (this.#mayAct()) this.outbox.line('PONG\r\n');
  }

  onPong(): void {
    if (this.#mayAct()) this.#pingsOutstanding = 0;
  }

  onSubscribe(pattern: string, queue: string, sid: string): void {
    if (!this.#mayAct()) return;
    if (!isPattern(pattern)) this.#refuse('Invalid Subject');
    // nats-server ignores a second SUB under a known sid too.
    else if (this.#subscriptions.has(sid)) this.#acknowledge();
    else if (this.#subscriptions.size >= this.#context.settings.subscriptionsPerClientMax) {
      this.#context.settings.log.warn(this.#who(), 'broker refused a subscription: too many of one client');
      this.#refuse('maximum subscriptions exceeded');
    } else {
      const subscription = { subscriber: this, sid, pattern, queue, delivered: 0, max: 0, live: true };
      this.#subscriptions.set(sid, subscription);
      this.#context.table.add(subscription);
      this.#acknowledge();
    }
  }

  onUnsubscribe(sid: string, max: number): void {
    if (!this.#mayAct()) return;
    const subscription = this.#subscriptions.get(sid);
    if (subscription !== undefined) {
      subscription.max = max;
      if (max <= subscription.delivered) this.retire(subscription);
    }
    this.#acknowledge();
  }

  onPublish(frame: PublishFrame): void {
    if (!this.#mayAct()) return;
    const route = this.#context.table.route(frame.subject);
    if (frame.headerBytes > 0 && !this.#options.headers) this.reject('message headers not supported');
    else if (route === undefined) this.#refuse('Invalid Publish Subject');
    else this.#publish(frame, route);
  }

  onViolation(violation: string): void {
    this.reject(violation);
  }

  retire(subscription: Subscription): void {
    this.#subscriptions.delete(subscription.sid);
    this.#context.table.remove(subscription);
  }

  /**
   * Stops reading for one turn of the event loop, so that readers get to take what waits for them. Without it a single
   * turn can read megabytes from each publisher and make a healthy reader look slow.
   */
  giveWay(): void {
    if (this.#givingWay) return;
    this.#givingWay = true;
    this.#socket.pause();
    setImmediate(() => {
      this.#givingWay = false;
      this.#socket.resume();
    });
  }

  /** Once a ping interval: asks a silent client for a sign of life, and closes it when it owes too many. */
  checkAlive(): void {
    if (this.#closing) return;
    if (this.#heardSincePing) {
      this.#heardSincePing = false;
      this.#pingsOutstanding = 0;
      return;
    }
    if (this.#pingsOutstanding >= this.#context.settings.pingsOutstandingMax) {
      this.#context.settings.log.warn(this.#who(), 'broker closed a stale connection');
      this.reject('Stale Connection');
    } else {
      this.#pingsOutstanding += 1;
      this.outbox.line('PING\r\n');
    }
  }

  /** Tells the client why, then closes. */
  reject(reason: string): void {
    if (this.#closing) return;
    this.#context.settings.log.debug({ ...this.#who(), reason }, 'broker rejected a client');
    this.outbox.line(`-ERR '${reason}'\r\n`);
    this.close();
  }

  /** Ends the connection after what is queued has been sent, or after the linger time. */
  close(): void {
    if (this.#closing) return;
    this.outbox.flush();
    this.#leave();
    this.#socket.end();
    const linger = setTimeout(() => this.#socket.destroy(), this.#context.settings.lingerMs);
    this.#socket.once('close', () => clearTimeout(linger));
  }

  #rejectionOf(options: ConnectOptions): string | undefined {
    const { isTokenRight } = this.#context;
    if (isTokenRight !== undefined && !isTokenRight(options.authToken)) return 'Authorization Violation';
    if (options.noResponders && !options.headers) return 'no responders requires headers support';
    return undefined;
  }

  #publish(frame: PublishFrame, route: Route): void {
    const { table, counters } = this.#context;
    this.#acknowledge();
    counters.messagesIn += 1;
    const delivered = deliver(frame, route, this);
    counters.messagesOut += delivered;
    if (delivered === 0 && frame.reply !== '' && this.#options.noResponders) answerNoResponders(frame, table, this);
  }

  /** Where a token is asked for, nothing but CONNECT is accepted before it. */
  #mayAct(): boolean {
    if (this.#authorized) return true;
    this.reject('Authorization Violation');
    return false;
  }

  #acknowledge(): void {
    if (this.#options.verbose) this.outbox.line('+OK\r\n');
  }

  #refuse(reason: string): void {
    this.outbox.line(`-ERR '${reason}'\r\n`);
  }

  #dropAsSlow(pendingBytes: number): void {
    this.#context.counters.slowConsumers += 1;
    this.#context.settings.log.warn({ ...this.#who(), pendingBytes }, 'broker disconnected a slow consumer');
    this.#leave();
    this.#socket.destroy();
  }

  /** Nothing is parsed or delivered from here on. */
  #leave(): void {
    if (this.#closing) return;
    this.#closing = true;
    clearTimeout(this.#authTimer);
    this.#parser.stop();
    this.outbox.close();
    for (const subscription of this.#subscriptions.values()) this.#context.table.remove(subscription);
    this.#subscriptions.clear();
  }

  #who(): Record<string, unknown> {
    return { client: this.id, name: this.#options.name, port: this.#socket.remotePort };
  }
}

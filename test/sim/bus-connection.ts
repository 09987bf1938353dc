/**
 * A process's connection to the simulated bus: the shipped `Bus` port, with what the real client does. Messages keep
 * their order in each direction; a connection that breaks comes back by itself with its subscriptions, and what was
 * published meanwhile is gone.
 *
 * It breaks in two ways. Cut off: both sides notice at once. Black hole: nobody notices, messages pile up on the way;
 * when the way is free again they arrive late, as TCP sends them again, or the connection turns out to be dead.
 */
import { NoRespondersError, RetryableError } from '../../protocol/errors.ts';
import type { Bus, BusMessage } from '../../protocol/ports/bus.ts';
import type { BusServer, Envelope, Subscription } from './bus-server.ts';
import type { Dice } from './dice.ts';
import type { SimProcess } from './sim-process.ts';
import { SubjectPattern } from './subject-match.ts';
import type { Timeline } from './timeline.ts';

/** Between two messages that keep their order: far more than what adding up times rounds away. */
const APART_MS = 0.001;
const RECONNECT_MS = { least: 50, most: 350 };
/** A client that hears nothing takes its connection for dead after this. */
const STALE_MS = 8_000;

export interface BusObserver {
  /** A request reaches a process; what is returned is handed to `replied` with its answer. */
  readonly asked?: (request: Envelope) => unknown;
  /** A reply leaves a process. */
  readonly replied?: (request: Envelope, reply: string, asked: unknown) => void;
  /** A message that is no reply leaves a process. */
  readonly published?: (subject: string, payload: string) => void;
}

interface Waiting {
  readonly resolve: (data: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

export class BusConnection implements Bus {
  readonly name: string;
  readonly inbox: string;
  readonly #server: BusServer;
  readonly #process: SimProcess;
  readonly #timeline: Timeline;
  readonly #dice: Dice;
  readonly #observer: BusObserver;
  readonly #subscriptions = new Set<Subscription>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #flushing = new Set<Waiting>();
  #connected = true;
  #closed = false;
  #since: number;
  #requests = 0;
  /** Everything on the way belongs to a connection; what belongs to an earlier one is gone. */
  #life = 0;
  #outAt = 0;
  #inAt = 0;
  /** Cut off: no new connection can be made. */
  #cut = false;
  /** What piles up in a black hole; undefined while the way is free. */
  #hole: { readonly out: (() => void)[]; readonly in: (() => void)[] } | undefined;

  constructor(options: {
    readonly process: SimProcess;
    readonly server: BusServer;
    readonly timeline: Timeline;
    readonly dice: Dice;
    readonly observer?: BusObserver;
  }) {
    this.#process = options.process;
    this.#server = options.server;
    this.#timeline = options.timeline;
    this.#dice = options.dice;
    this.#observer = options.observer ?? {};
    this.name = options.process.name;
    this.inbox = `_INBOX.${this.name}-${options.dice.integer(0, 0xffffff).toString(16)}`;
    this.#since = options.timeline.nowMs;
    this.#server.attach(this);
    options.process.onEnd(() => this.#vanish());
  }

  get connected(): boolean {
    return this.#connected && !this.#closed;
  }

  get connectedForMs(): number {
    return this.connected ? this.#timeline.nowMs - this.#since : 0;
  }

  publish(subject: string, payload: Uint8Array | string): void {
    if (!this.connected) return;
    if (typeof payload === 'string') this.#observer.published?.(subject, payload);
    this.#out({ subject, data: bytes(payload), replyTo: undefined });
  }

  request(subject: string, payload: Uint8Array | string, timeoutMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#requests += 1;
      const replyTo = `${this.inbox}.${this.#requests}`;
      const cancelTimer = this.#process.clock.after(timeoutMs, () => {
        this.#waiting.delete(replyTo);
        reject(new RetryableError(`no answer on ${subject} in ${timeoutMs} ms`));
      });
      this.#waiting.set(replyTo, {
        resolve: (data) => {
          cancelTimer();
          resolve(data);
        },
        reject: (error) => {
          cancelTimer();
          reject(error);
        },
      });
      // While it is down nothing is sent, and the time runs out.
      if (this.connected) this.#out({ subject, data: bytes(payload), replyTo });
    });
  }

  subscribe(subject: string, handler: (message: BusMessage) => void, queue?: string): () => void {
    const subscription: Subscription = {
      connection: this,
      pattern: new SubjectPattern(subject),
      queue,
      handler: (envelope) => handler(this.#message(envelope)),
    };
    this.#subscriptions.add(subscription);
    if (this.connected) this.#send(() => this.#server.subscribe(subscription));
    // Drained: what the server had sent already still reaches the handler.
    return () => {
      this.#subscriptions.delete(subscription);
      this.#send(() => this.#server.unsubscribe(subscription));
    };
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.connected) {
        reject(new RetryableError('the connection to the bus is down'));
        return;
      }
      const waiting: Waiting = { resolve: () => resolve(), reject };
      this.#flushing.add(waiting);
      this.#send(() => {
        this.arrive(
          this.#server.hopMs(),
          () => {
            this.#flushing.delete(waiting);
            resolve();
          },
          'in order',
        );
      });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#vanish();
  }

  /** An answer, or nothing when nobody listens. */
  answer(replyTo: string, data: Uint8Array | undefined): void {
    const waiting = this.#waiting.get(replyTo);
    if (waiting === undefined) return;
    this.#waiting.delete(replyTo);
    if (data === undefined) waiting.reject(new NoRespondersError('nobody listens'));
    else waiting.resolve(data);
  }

  receive(subscription: Subscription, envelope: Envelope): void {
    subscription.handler(envelope);
  }

  /** Brings something in from the server. */
  arrive(delayMs: number, run: () => void, order: 'in order' | 'any order'): void {
    const { nowMs } = this.#timeline;
    const at = order === 'in order' ? Math.max(this.#inAt + APART_MS, nowMs + delayMs) : nowMs + delayMs;
    if (order === 'in order') this.#inAt = at;
    const life = this.#life;
    const guarded = () => {
      if (this.#life === life && !this.#closed) run();
    };
    if (this.#hole === undefined) this.#process.deliver(at - nowMs, guarded);
    else this.#hole.in.push(guarded);
  }

  /** The connection breaks, and both sides notice; it comes back by itself. */
  lose(): void {
    if (!this.#connected || this.#closed) return;
    this.#server.detach(this);
    this.#hole = undefined;
    this.#life += 1;
    this.#connected = false;
    for (const waiting of this.#flushing) waiting.reject(new RetryableError('the connection to the bus was lost'));
    this.#flushing.clear();
    this.#reconnectLater();
  }

  /** Nothing gets through any more: both sides notice (`cut`), or neither does (`hole`). */
  isolate(how: 'cut' | 'hole'): void {
    this.#cut = true;
    if (how === 'cut') {
      this.lose();
      return;
    }
    if (!this.#connected) return;
    this.#hole ??= { out: [], in: [] };
    const life = this.#life;
    this.#timeline.after(STALE_MS, () => {
      if (this.#hole !== undefined && this.#life === life) this.lose();
    });
  }

  /** The way is free again. */
  heal(): void {
    this.#cut = false;
    const hole = this.#hole;
    this.#hole = undefined;
    if (hole === undefined) return;
    if (this.#dice.chance(0.5)) {
      this.lose();
      return;
    }
    for (const run of hole.out) this.#send(run);
    for (const run of hole.in) this.#process.deliver(0, run);
  }

  #message(envelope: Envelope): BusMessage {
    const asked = this.#observer.asked?.(envelope);
    return {
      subject: envelope.subject,
      data: envelope.data,
      respond: (payload) => {
        if (!this.connected || envelope.replyTo === undefined) return;
        if (typeof payload === 'string') this.#observer.replied?.(envelope, payload, asked);
        this.#out({ subject: envelope.replyTo, data: bytes(payload), replyTo: undefined });
      },
    };
  }

  #out(envelope: Envelope): void {
    this.#send(() => this.#server.route(this, envelope));
  }

  /** Up to the server, in order. */
  #send(run: () => void): void {
    if (!this.connected) return;
    if (this.#hole !== undefined) {
      this.#hole.out.push(run);
      return;
    }
    const { nowMs } = this.#timeline;
    this.#outAt = Math.max(this.#outAt + APART_MS, nowMs + this.#server.hopMs());
    const life = this.#life;
    this.#timeline.after(this.#outAt - nowMs, () => {
      if (this.#life === life) run();
    });
  }

  #reconnectLater(): void {
    const { least, most } = RECONNECT_MS;
    this.#process.deliver(this.#dice.between(least, most), () => {
      if (this.#closed || this.#connected) return;
      if (this.#cut || !this.#server.up) {
        this.#reconnectLater();
        return;
      }
      this.#connected = true;
      this.#since = this.#timeline.nowMs;
      this.#server.attach(this);
      for (const subscription of this.#subscriptions) this.#send(() => this.#server.subscribe(subscription));
    });
  }

  /** The process is gone, or has closed it: the server sees the end of the connection. */
  #vanish(): void {
    this.#life += 1;
    this.#connected = false;
    this.#server.detach(this);
  }
}

function bytes(payload: Uint8Array | string): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

/**
 * The bus over a NATS server. The client reconnects for ever by itself; what is published while it is away is dropped,
 * which the callers know. Every callback is wrapped: a synchronous throw would end the client's read loop for good.
 */
import { connect, errors, type Msg, type NatsConnection } from 'nats';
import { NoRespondersError, RetryableError, refuse, TerminalError } from '../../protocol/errors.ts';
import type { Bus, BusMessage } from '../../protocol/ports/bus.ts';
import type { Log } from '../../protocol/ports/log.ts';

export interface NatsBusOptions {
  readonly url: string;
  readonly token?: string;
  readonly name: string;
  readonly log: Log;
}

const RECONNECT_WAIT_MS = 100;
/** Well below a lease: an attempt whose connection was reset in the middle is not noticed before. */
const CONNECT_TIMEOUT_MS = 1_500;

/**
 * What is published in one tick goes out in one write, up to this many bytes: at the library's own 32 kB the events and
 * replies of one commit are several, and a write costs more than making ten of them. An option its types leave out.
 */
const WRITES: object = { pendingLimit: 262_144 };

export class NatsBus implements Bus {
  readonly #connection: NatsConnection;
  readonly #log: Log;
  #connected = true;
  #closing = false;
  /** Monotonic time of the current connection's start, for those who must not act right after a reconnect. */
  #since = performance.now();

  private constructor(connection: NatsConnection, log: Log) {
    this.#connection = connection;
    this.#log = log;
    void this.#watchStatus();
  }

  static async connect(options: NatsBusOptions): Promise<NatsBus> {
    try {
      const connection = await connect({
        servers: options.url,
        name: options.name,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_WAIT_MS,
        timeout: CONNECT_TIMEOUT_MS,
        ...WRITES,
        ...(options.token === undefined ? {} : { token: options.token }),
      });
      return new NatsBus(connection, options.log);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      if (/authorization|permission/i.test(message)) {
        throw new TerminalError(`the NATS server refuses us: ${message}`, { cause });
      }
      throw new RetryableError(`the NATS server can't be reached: ${message}`, { cause });
    }
  }

  get connected(): boolean {
    return this.#connected && !this.#connection.isClosed();
  }

  get connectedForMs(): number {
    return this.connected ? performance.now() - this.#since : 0;
  }

  publish(subject: string, payload: Uint8Array | string): void {
    if (!this.connected) return;
    this.#connection.publish(subject, bytesOf(payload));
  }

  async request(subject: string, payload: Uint8Array | string, timeoutMs: number): Promise<Uint8Array> {
    // It would be dropped, and the time-out waited for in vain.
    if (!this.connected) throw new RetryableError(`no connection to NATS to ask ${subject}`);
    try {
      const reply = await this.#connection.request(subject, payload, { timeout: timeoutMs });
      return reply.data;
    } catch (cause) {
      if (nobodyListened(cause)) throw new NoRespondersError(`nobody listens on ${subject}`, { cause });
      throw new RetryableError(`no answer on ${subject}: ${(cause as Error).message}`, { cause });
    }
  }

  subscribe(subject: string, handler: (message: BusMessage) => void, queue?: string): () => void {
    const subscription = this.#connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error !== null) {
          this.#log.warn({ subject, error: error.message }, 'a subscription reported an error');
          return;
        }
        try {
          handler(new NatsMessage(message, this));
        } catch (failure) {
          this.#log.error({ subject: message.subject, error: String(failure) }, 'a message handler failed');
        }
      },
    });
    // Drained, not dropped: what the server had already sent still reaches the handler, which answers it.
    return () => {
      subscription.drain().catch(() => undefined);
    };
  }

  /** Answers a message. Never throws: an answer that can't be sent is an error of ours, on record, and a short one goes in its place. */
  respond(message: Msg, payload: Uint8Array | string): void {
    if (!this.connected) return;
    try {
      message.respond(bytesOf(payload));
    } catch (failure) {
      this.#log.error({ subject: message.subject, error: String(failure) }, 'an answer could not be sent');
      const text = `the answer could not be sent: ${(failure as Error).message}`;
      message.respond(JSON.stringify(refuse('INTERNAL', text)));
    }
  }

  /** Calls back when the connection is over for good: the library gives up when the server keeps refusing it. */
  onClosed(callback: (error: RetryableError) => void): void {
    this.#connection.closed().then((cause) => {
      if (!this.#closing) callback(new RetryableError('the connection to NATS is closed for good', { cause }));
    });
  }

  async flush(): Promise<void> {
    await this.#connection.flush();
  }

  async close(): Promise<void> {
    this.#closing = true;
    // Not drain(): it loses replies in flight. What was answered is flushed, then the connection ends.
    if (this.connected) await this.#connection.flush().catch(() => undefined);
    await this.#connection.close().catch(() => undefined);
  }

  async #watchStatus(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') {
        this.#connected = false;
        this.#log.warn({}, 'the connection to NATS was lost; reconnecting');
      } else if (status.type === 'reconnect') {
        this.#connected = true;
        this.#since = performance.now();
        this.#log.info({}, 'connected to NATS again');
      } else if (status.type === 'error') {
        this.#log.warn({ error: String(status.error) }, 'NATS reported an error');
      }
    }
  }
}

/** A message that came in: a class, because one with functions of its own for each message costs more than the message. */
class NatsMessage implements BusMessage {
  readonly #message: Msg;
  readonly #bus: NatsBus;

  constructor(message: Msg, bus: NatsBus) {
    this.#message = message;
    this.#bus = bus;
  }

  get subject(): string {
    return this.#message.subject;
  }

  get data(): Uint8Array {
    return this.#message.data;
  }

  respond(payload: Uint8Array | string): void {
    this.#bus.respond(this.#message, payload);
  }
}

/** Half the price of the library's own encoder. */
function bytesOf(payload: Uint8Array | string): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

/** By the type of the cause, never by its text: the subject is part of the text, and a symbol may contain any digits. */
function nobodyListened(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof errors.NoRespondersError) return true;
  }
  return false;
}

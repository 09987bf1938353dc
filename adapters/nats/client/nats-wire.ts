/**
 * The client's connection to NATS: one inbox for all requests, so that a request costs one publish and one map entry. The
 * library reconnects for ever and subscribes the inbox again by itself; what is published meanwhile is dropped.
 */
import { connect, createInbox, errors, type Msg, type NatsConnection } from 'nats';
import { RetryableError, TerminalError } from '../../../protocol/errors.ts';
import type { Wire, WireListener } from './wire.ts';

export interface NatsWireOptions {
  readonly url: string | readonly string[];
  readonly token?: string | undefined;
  /** Shown by the server's monitoring. */
  readonly name: string;
}

const RECONNECT_WAIT_MS = 100;
const CONNECT_TIMEOUT_MS = 1_500;
/** A close waits so long for the server to have taken what was sent. */
const CLOSE_FLUSH_MS = 1_000;
const STATUS_NO_RESPONDERS = 503;

/** Throws TerminalError when the server refuses us, RetryableError when it can't be reached. */
export async function connectNats(options: NatsWireOptions): Promise<NatsWire> {
  const { url, token, name } = options;
  try {
    const connection = await connect({
      servers: typeof url === 'string' ? url : [...url],
      name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      timeout: CONNECT_TIMEOUT_MS,
      ...(token === undefined ? {} : { token }),
    });
    return new NatsWire(connection);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof errors.AuthorizationError || /authorization|permission/i.test(message)) {
      throw new TerminalError(`the NATS server refuses us: ${message}`, { cause });
    }
    throw new RetryableError(`the NATS server can't be reached: ${message}`, { cause });
  }
}

export class NatsWire implements Wire {
  readonly #connection: NatsConnection;
  readonly #inbox = `${createInbox()}.`;
  #connected = true;
  #closing: Promise<void> | undefined;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  listen(listener: WireListener): void {
    this.#connection.subscribe(`${this.#inbox}*`, {
      // Nothing in here throws: that would end the library's read loop for good.
      callback: (error, message) => {
        // A subscription that the server does not permit: attempts go unanswered.
        if (error === null) this.#onMessage(message, listener);
      },
    });
    void this.#watchStatus(listener);
    void this.#connection.closed().then((error) => {
      this.#connected = false;
      if (this.#closing === undefined) listener.onEnd(error instanceof Error ? error.message : 'closed by the server');
    });
  }

  get connected(): boolean {
    return this.#connected && !this.#connection.isClosed();
  }

  publish(subject: string, payload: Uint8Array, token: string): void {
    if (!this.connected) return;
    try {
      this.#connection.publish(subject, payload, { reply: this.#inbox + token });
    } catch {
      // The connection ended under us: the attempt goes unanswered, like one that was lost on its way.
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.connected) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_FLUSH_MS);
      });
      // A server that does not answer a ping must not keep us.
      await Promise.race([this.#connection.flush().catch(() => undefined), late]);
      clearTimeout(timer);
    }
    await this.#connection.close().catch(() => undefined);
  }

  #onMessage(message: Msg, listener: WireListener): void {
    const token = message.subject.slice(this.#inbox.length);
    const nobody = message.data.length === 0 && message.headers?.code === STATUS_NO_RESPONDERS;
    listener.onAnswer(token, nobody ? undefined : message.data);
  }

  async #watchStatus(listener: WireListener): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') {
        this.#connected = false;
      } else if (status.type === 'reconnect') {
        this.#connected = true;
        listener.onReconnect();
      }
    }
  }
}

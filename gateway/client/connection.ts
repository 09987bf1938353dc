/**
 * One connection from its opening to its end: waits for the gateway's `hello`, hears whether it still lives, and tells of
 * its end exactly once. It does not connect again: that is the client's.
 */
import type { FeedMessage } from '../../protocol/feed.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { LossCause } from './connection-state.ts';
import { decodeMessage } from './decode.ts';
import type { Closing, FeedSocket, OpenSocket, SocketAddress } from './socket.ts';

/** From the first packet to `hello`; a gateway that takes longer is tried anew. */
const HELLO_WITHIN_MS = 10_000;
const MISSED_HEARTBEATS_MAX = 2;

/** Codes by which the gateway says that this client did what docs/FEED.md forbids: binary, rate or nonsense, size. */
const RULE_CODES: readonly number[] = [1003, 1008, 1009];
const FULL_CODE = 1013;

export interface ConnectionListener {
  /** From now on it may be sent to. */
  ready(): void;
  message(message: FeedMessage): void;
  /** A heartbeat interval has passed. */
  beat(): void;
  problem(problem: string): void;
  ended(cause: LossCause, detail: string): void;
}

export interface ConnectionOptions {
  readonly openSocket: OpenSocket;
  readonly address: SocketAddress;
  readonly clock: Clock;
  readonly listener: ConnectionListener;
}

export class Connection {
  readonly #clock: Clock;
  readonly #listener: ConnectionListener;
  readonly #socket: FeedSocket | undefined;
  #heartbeatMs: number | undefined;
  #heard = false;
  #missed = 0;
  #ended = false;
  #cancelTimer: (() => void) | undefined;

  /** Throws what `openSocket` throws. */
  constructor({ openSocket, address, clock, listener }: ConnectionOptions) {
    this.#clock = clock;
    this.#listener = listener;
    this.#socket = openSocket(address, {
      message: (text) => this.#message(text),
      closed: (closing) => this.#end(causeOf(closing), detailOf(closing)),
    });
    if (this.#ended) return;
    this.#cancelTimer = clock.after(HELLO_WITHIN_MS, () =>
      this.#end('network', `no hello within ${HELLO_WITHIN_MS} ms`),
    );
  }

  send(text: string): void {
    if (!this.#ended) this.#socket?.send(text);
  }

  /** The listener hears nothing any more. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelTimer?.();
    this.#socket?.close();
  }

  #message(text: string): void {
    if (this.#ended) return;
    // Whatever it is: somebody is there.
    this.#heard = true;
    const decoded = decodeMessage(text);
    if (decoded === undefined) return;
    if ('problem' in decoded) this.#listener.problem(decoded.problem);
    else if (decoded.message.type === 'hello') this.#hello(decoded.message.heartbeatMs);
    else this.#listener.message(decoded.message);
  }

  #hello(heartbeatMs: number): void {
    if (this.#heartbeatMs !== undefined) return;
    this.#heartbeatMs = heartbeatMs;
    this.#cancelTimer?.();
    this.#watch(heartbeatMs);
    this.#listener.ready();
  }

  /** Intervals in which nothing came are counted, instead of time: a browser may hold back the timers of a hidden page. */
  #watch(heartbeatMs: number): void {
    this.#cancelTimer = this.#clock.after(heartbeatMs, () => {
      this.#missed = this.#heard ? 0 : this.#missed + 1;
      this.#heard = false;
      if (this.#missed >= MISSED_HEARTBEATS_MAX) {
        this.#end('silent', `nothing for ${MISSED_HEARTBEATS_MAX} heartbeats of ${heartbeatMs} ms`);
        return;
      }
      this.#watch(heartbeatMs);
      this.#listener.beat();
    });
  }

  #end(cause: LossCause, detail: string): void {
    if (this.#ended) return;
    this.close();
    this.#listener.ended(cause, detail);
  }
}

function causeOf({ code, status }: Closing): LossCause {
  if (status === 401 || status === 403) return 'unauthorized';
  if (RULE_CODES.includes(code)) return 'refused';
  return code === FULL_CODE ? 'full' : 'network';
}

function detailOf({ code, reason, status }: Closing): string {
  const answer = status === undefined ? `closed with ${code}` : `answered ${status}`;
  return reason === '' ? answer : `${answer}: ${reason}`;
}

/** A gateway that says what the test tells it to, on a clock that moves when told. */
import {
  type Closing,
  type ConnectionState,
  FeedClient,
  type FeedClientOptions,
  type FeedHandlers,
  type FeedMessage,
  type OpenSocket,
  type SocketAddress,
  type SocketListener,
} from '../../../gateway/client/index.ts';
import type { FeedRequest } from '../../../protocol/feed.ts';
import { FakeClock } from '../../support/fake-clock.ts';

export const HEARTBEAT_MS = 10_000;
export const BTC = 'symbol:KRW-BTC';

export class ScriptedSocket {
  readonly address: SocketAddress;
  readonly requests: FeedRequest[] = [];
  closedByClient = false;
  readonly #listener: SocketListener;
  #onRequest: ((request: FeedRequest) => void) | undefined;

  constructor(address: SocketAddress, listener: SocketListener) {
    this.address = address;
    this.#listener = listener;
  }

  onRequest(answer: (request: FeedRequest) => void): void {
    this.#onRequest = answer;
  }

  send(text: string): void {
    const request = JSON.parse(text) as FeedRequest;
    this.requests.push(request);
    this.#onRequest?.(request);
  }

  close(): void {
    this.closedByClient = true;
  }

  say(...messages: readonly FeedMessage[]): void {
    for (const message of messages) this.sayText(JSON.stringify(message));
  }

  sayText(text: string): void {
    this.#listener.message(text);
  }

  hello(): void {
    this.say({ type: 'hello', heartbeatMs: HEARTBEAT_MS });
  }

  end(closing: Partial<Closing> = {}): void {
    this.#listener.closed({ code: 1006, reason: '', ...closing });
  }
}

export interface Scene {
  readonly clock: FakeClock;
  readonly feed: FeedClient;
  readonly sockets: ScriptedSocket[];
  readonly states: ConnectionState[];
  readonly errors: unknown[];
  /** The newest socket. */
  socket(): ScriptedSocket;
  /** Makes the newest socket's connection live, and lets the client ask. */
  connect(): Promise<ScriptedSocket>;
}

export function scene(options: Partial<FeedClientOptions> = {}): Scene {
  const clock = new FakeClock();
  const sockets: ScriptedSocket[] = [];
  const states: ConnectionState[] = [];
  const errors: unknown[] = [];
  const webSocket: OpenSocket = (address, listener) => {
    const socket = new ScriptedSocket(address, listener);
    sockets.push(socket);
    return socket;
  };
  const feed = new FeedClient({
    url: 'http://127.0.0.1:8080',
    onConnection: (state) => states.push(state),
    onError: (error) => errors.push(error),
    webSocket,
    clock,
    // Full pauses: half of each is jitter.
    random: { next: () => 1 },
    ...options,
  });
  const socket = () => sockets.at(-1) as ScriptedSocket;
  const connect = async () => {
    socket().hello();
    await clock.advance(0);
    return socket();
  };
  return { clock, feed, sockets, states, errors, socket, connect };
}

export const snapshot = (seq: number, channel = BTC): FeedMessage => ({ type: 'snapshot', channel, seq, data: {} });
export const live = (seq: number, channel = BTC): FeedMessage => ({ type: 'live', channel, seq });
export const event = (seq: number, channel = BTC, stream = 'KRW-BTC'): FeedMessage => ({
  type: 'event',
  channel,
  stream,
  seq,
  kind: 'fill',
  at: '2026-01-31T09:00:00.000Z',
  id: `id-${seq}`,
});

/** Handlers that write down what they are told: `snapshot 5`, `event 6`, `live 6`, `tick 100`, `error NOT_FOUND`. */
export function recorder(): { readonly heard: string[]; readonly handlers: FeedHandlers } {
  const heard: string[] = [];
  return {
    heard,
    handlers: {
      snapshot: ({ seq }) => heard.push(`snapshot ${seq}`),
      event: ({ seq }) => heard.push(`event ${seq}`),
      live: ({ seq }) => heard.push(`live ${seq}`),
      tick: ({ price }) => heard.push(`tick ${price}`),
      candle: ({ candle }) => heard.push(`candle ${candle.close}`),
      state: ({ at }) => heard.push(`state ${at}`),
      error: ({ code }) => heard.push(`error ${code}`),
    },
  };
}

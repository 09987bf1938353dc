/**
 * HTTP and WebSocket on one port, as the gateway sees it: uWebSockets.js where its native binary is there, `ws` elsewhere.
 * Knows nothing of feeds, tokens or pages.
 */

export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Decoded by nobody: as it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Address of the peer, `127.0.0.1` or `::1`. */
  readonly remoteAddress: string;
  /** Empty unless it is a POST. */
  readonly body: Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** What an upgrade on `/feed` is answered with. */
export type Admission<Data> =
  | { readonly admitted: true; readonly data: Data /** The subprotocol to confirm. */; readonly protocol?: string }
  | { readonly admitted: false; readonly response: HttpResponse };

export interface LiveHandlers<Data> {
  /** HEAD is asked as GET and answered without the body. What is thrown is logged and answered 500. */
  http(request: HttpRequest): HttpResponse | Promise<HttpResponse>;
  /** `protocols`: the subprotocols the client offers. */
  upgrade(request: HttpRequest, protocols: readonly string[]): Admission<Data>;
  opened(socket: LiveSocket<Data>): void;
  message(socket: LiveSocket<Data>, text: string): void;
  /** Something was not sent because too much waits to be read: nothing more is sent until `drained`. */
  overflowed(socket: LiveSocket<Data>): void;
  /** What waited has been read. */
  drained(socket: LiveSocket<Data>): void;
  /** Once for each that was opened, never within `end`. The socket must not be used any more. */
  closed(socket: LiveSocket<Data>): void;
}

export interface LiveSocket<Data> {
  readonly data: Data;
  /** Bytes that wait to be read by the client. */
  readonly buffered: number;
  /** In order with what is published. False: not sent, because too much waits (`overflowed` is called too). */
  send(text: string): boolean;
  /** Several sends in one write. */
  cork(write: () => void): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Closes in order, with a code of RFC 6455. */
  end(code: number, reason: string): void;
}

export interface LiveServer {
  readonly kind: 'uWebSockets.js' | 'ws';
  readonly url: string;
  readonly port: number;
  /** To every socket of the topic, but those that overflow. What is published in one tick goes out in one write a socket. */
  publish(topic: string, text: string): void;
  /** Messages delivered to sockets, bytes of them, and messages not sent to sockets that overflowed, since the start. */
  readonly stats: {
    readonly sockets: number;
    readonly delivered: number;
    readonly bytes: number;
    readonly dropped: number;
  };
  /** Takes no more connections, closes all with 1001, and resolves when they are gone or `graceMs` have passed. */
  close(graceMs: number): Promise<void>;
}

export interface LiveServerOptions<Data> {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly handlers: LiveHandlers<Data>;
  /** Bytes of the largest message from a client; a larger one closes with 1009. */
  readonly messageBytesMax: number;
  /** Bytes of the largest body of a POST; a larger one is answered 413. */
  readonly bodyBytesMax: number;
  /** Bytes that may wait to be read by one client; one message, whatever its size, is taken while less than that waits. */
  readonly bufferedBytesMax: number;
  /** A connection that is silent for so long is pinged, and closed without an answer. Seconds. */
  readonly idleSecondsMax: number;
  /** More are upgraded, not told of, and closed with 1013. */
  readonly socketsMax: number;
}

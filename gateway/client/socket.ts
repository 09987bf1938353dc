/** A WebSocket as the feed needs it: the browser's and Node's differ, and tests bring their own. */

export interface SocketAddress {
  /** `ws:` or `wss:`. */
  readonly url: string;
  readonly token?: string | undefined;
}

export interface Closing {
  /** RFC 6455; 1006 when there was no close frame. */
  readonly code: number;
  readonly reason: string;
  /** HTTP status of a refused upgrade, where it can be known. */
  readonly status?: number | undefined;
}

export interface SocketListener {
  message(text: string): void;
  /** Once, and nothing after it. */
  closed(closing: Closing): void;
}

export interface FeedSocket {
  /** Only after the first message came. */
  send(text: string): void;
  /** At once, without waiting for the other side; the listener hears nothing any more. */
  close(): void;
}

export type OpenSocket = (address: SocketAddress, listener: SocketListener) => FeedSocket;

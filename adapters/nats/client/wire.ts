/**
 * What the client needs of a connection: messages out, answers in, and word of its breaks. NATS stands behind it in
 * production; tests and the simulator put their own there.
 */

export interface Wire {
  /** False while nothing that is published can arrive. */
  readonly connected: boolean;
  /**
   * Sends a message whose answers come back under `token` (no dots). Never waits and never throws: what is sent just before
   * a break may or may not arrive, and nobody says which.
   */
  publish(subject: string, payload: Uint8Array, token: string): void;
  /** Called once, before the first publish. */
  listen(listener: WireListener): void;
  /** Ends the connection, after what was published has left where that is possible. Safe to call again. */
  close(): Promise<void>;
}

export interface WireListener {
  /** An answer; undefined when the server says that nobody listens on the subject of the message. */
  onAnswer(token: string, data: Uint8Array | undefined): void;
  /** The connection is back after a break: answers to what was sent before it will not come. */
  onReconnect(): void;
  /** The connection is gone for good, and not because we closed it. */
  onEnd(why: string): void;
}

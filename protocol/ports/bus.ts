/**
 * The message bus as the engine needs it: core NATS semantics. A publish while disconnected is dropped without an error,
 * so nothing durable may depend on one; consumers compare sequence numbers and read the ledger.
 */
export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Sends the reply; does nothing when the sender asked for none. */
  respond(payload: Uint8Array | string): void;
}

export interface Bus {
  publish(subject: string, payload: Uint8Array | string): void;
  /** Rejects with NoRespondersError when nobody listens, with RetryableError when the time is over or the connection is down. */
  request(subject: string, payload: Uint8Array | string, timeoutMs: number): Promise<Uint8Array>;
  /** A throwing handler is reported to the log and does not end the subscription. Returns the unsubscribe. */
  subscribe(subject: string, handler: (message: BusMessage) => void, queue?: string): () => void;
  /** Resolves when the server has processed everything sent so far. */
  flush(): Promise<void>;
  readonly connected: boolean;
  /** How long the connection has been up without a break; 0 while it is down. */
  readonly connectedForMs: number;
  close(): Promise<void>;
}

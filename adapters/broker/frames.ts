/** What a client can say, after parsing. Strings hold the bytes as latin1 (see subject.ts). */
export interface PublishFrame {
  readonly subject: string;
  /** '' when no reply is expected. */
  readonly reply: string;
  /** Bytes of `payload` that are headers; 0 for PUB. */
  readonly headerBytes: number;
  /** Headers, then body. A view of the input, valid as long as it is referenced. */
  readonly payload: Buffer;
}

/** Receives frames in the order they were sent. */
export interface FrameHandler {
  /** `json` is whatever followed CONNECT, not yet checked. */
  onConnect(json: string): void;
  onPing(): void;
  onPong(): void;
  onSubscribe(pattern: string, queue: string, sid: string): void;
  /** `max` messages in all, or 0 for at once. */
  onUnsubscribe(sid: string, max: number): void;
  onPublish(frame: PublishFrame): void;
  /** The stream makes no sense from here on; the parser has stopped. */
  onViolation(violation: string): void;
}

/** nats-server's wording, which clients recognize. */
export const VIOLATION = {
  unknownOperation: 'Unknown Protocol Operation',
  controlLine: 'maximum control line exceeded',
  payload: 'Maximum Payload Violation',
  arguments: 'Parser Error',
} as const;

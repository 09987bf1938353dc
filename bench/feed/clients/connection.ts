/** One client: a TCP connection that speaks just enough WebSocket to be served, and counts what it reads. */
import { connect, type Socket } from 'node:net';
import { FEED_PATH } from '../../../protocol/feed.ts';
import { messageNumber } from '../message-number.ts';
import { monotonicMs } from '../monotonic.ts';
import { FrameReader } from './frames.ts';

export const HOST = '127.0.0.1';

/** What one client read of a slice, message by message; only some clients keep it. */
export interface Sample {
  readonly numbers: number[];
  /** Monotonic, milliseconds. */
  readonly times: number[];
}

export interface Address {
  readonly port: number;
  /** What it subscribes to. */
  readonly channel: string;
}

/** Told after a read that brought messages of the load: how many had been counted before it and after it. */
export type OnRead = (before: number, after: number) => void;

/** All connections of the process read into it, one at a time: what is read is looked at before the next read. */
const READ_BUFFER = Buffer.allocUnsafe(65_536);
const HEAD_END = '\r\n\r\n';
/** RFC 6455 wants a key of 16 bytes; nobody here checks what the server makes of it. */
const KEY = Buffer.alloc(16, 'k').toString('base64');

export class Connection {
  readonly frames = new FrameReader();
  sample: Sample | undefined;
  isBroken = false;
  /** Bytes read since the start. */
  bytes = 0;
  readonly #socket: Socket;
  readonly #onRead: OnRead;
  readonly #channel: string;
  /** The answer to the upgrade as far as it has come; undefined when it is complete. */
  #head: string | undefined = '';
  /** Undefined when it is up to date. */
  #opened: (() => void) | undefined;

  private constructor({ port, channel }: Address, onRead: OnRead) {
    this.#channel = channel;
    this.#onRead = onRead;
    const callback = (length: number, buffer: Uint8Array): boolean => {
      this.#read(buffer as Buffer, length);
      return true;
    };
    this.#socket = connect({ host: HOST, port, noDelay: true, onread: { buffer: READ_BUFFER, callback } });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.isBroken = true;
    });
  }

  /** Resolves when the server said that the client is up to date. */
  static open(address: Address, onRead: OnRead): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const connection = new Connection(address, onRead);
      connection.#opened = () => resolve(connection);
      connection.#socket.once('close', () => reject(new Error('a connection was closed while it was opened')));
      connection.#socket.write(
        `GET ${FEED_PATH} HTTP/1.1\r\nHost: ${HOST}:${address.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}${HEAD_END}`,
      );
    });
  }

  stopReading(): void {
    this.#socket.pause();
  }

  readAgain(): void {
    this.#socket.resume();
  }

  /** With a reset: thousands of ports that wait for their end would be missing in the next suite. */
  close(): void {
    this.#socket.resetAndDestroy();
  }

  #read(bytes: Buffer, length: number): void {
    this.bytes += length;
    if (this.#head !== undefined) this.#readHead(bytes.toString('latin1', 0, length));
    else this.#readFrames(bytes, length);
  }

  #readHead(text: string): void {
    const head = (this.#head ?? '') + text;
    this.#head = head;
    const end = head.indexOf(HEAD_END);
    if (end === -1) return;
    this.#head = undefined;
    if (!head.startsWith('HTTP/1.1 101 ')) {
      this.#socket.destroy();
      return;
    }
    this.#socket.write(maskedText(JSON.stringify({ op: 'subscribe', channels: [this.#channel] })));
    const rest = Buffer.from(head.slice(end + HEAD_END.length), 'latin1');
    if (rest.length > 0) this.#readFrames(rest, rest.length);
  }

  #readFrames(bytes: Buffer, length: number): void {
    const { frames, sample } = this;
    const before = frames.messages;
    if (sample === undefined) frames.take(bytes, length);
    else {
      const now = monotonicMs();
      frames.take(bytes, length, (chunk, from, to) => {
        sample.numbers.push(messageNumber(chunk.toString('utf8', from, to)));
        sample.times.push(now);
      });
    }
    if (frames.isClosing) this.isBroken = true;
    const opened = this.#opened;
    if (opened !== undefined && frames.lives > 0) {
      this.#opened = undefined;
      opened();
    }
    if (frames.messages > before) this.#onRead(before, frames.messages);
  }
}

/** A client's frame is masked; a mask of zeros leaves the text as it is. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length > 125) throw new Error('longer than a short frame');
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

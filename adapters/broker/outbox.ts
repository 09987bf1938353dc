/**
 * Bytes on their way to one client: everything queued in one turn of the event loop leaves in one socket write, and no
 * more than `pendingBytesMax` ever waits (I10).
 *
 * Small messages are copied into one growing chunk: thousands of tiny buffers would cost more in the system call than
 * the copy does. A large payload is passed by reference; that is safe because Node reads every piece of input into
 * memory of its own and never writes to it again.
 */
import type { Socket } from 'node:net';
import type { FlushQueue } from './flush-queue.ts';

/** Payloads from here on are referenced, not copied. */
const REFERENCE_BYTES_MIN = 32 * 1024;
const CHUNK_BYTES_MIN = 4 * 1024;
const CHUNK_BYTES_MAX = 64 * 1024;
/** Queued bytes that start a write before the turn is over, so that the kernel works while we parse on. */
const EARLY_FLUSH_BYTES = 256 * 1024;

const LINE_END = '\r\n';
const NO_BYTES: Buffer = Buffer.alloc(0);

export interface OutboxOptions {
  readonly socket: Socket;
  readonly flushQueue: FlushQueue;
  readonly pendingBytesMax: number;
  /** Called once when the bound would be exceeded; from then on everything is dropped. */
  readonly onOverflow: (pendingBytes: number) => void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  #chunk: Buffer = NO_BYTES;
  /** Size of the next chunk; doubles while batches outgrow it. */
  #chunkBytes = CHUNK_BYTES_MIN;
  #used = 0;
  /** Buffers in front of the open chunk. */
  #sealed: Buffer[] = [];
  /** Bytes in `#sealed` and the chunk. */
  #queued = 0;
  /** Bytes the socket held when this batch began. It can only have shrunk since, so the bound errs on the safe side. */
  #inSocket = 0;
  #open = true;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Bytes waiting for this client, at most. */
  get pendingBytes(): number {
    return this.#queued + this.#inSocket;
  }

  /** True from half the bound on: time for whoever fills it to give the reader a turn. */
  get congested(): boolean {
    return this.pendingBytes > this.#options.pendingBytesMax / 2;
  }

  /** Queues a protocol line (line end included by the caller). False when the client is gone or too slow. */
  line(text: string): boolean {
    if (!this.#admit(text.length)) return false;
    this.#write(text);
    return true;
  }

  /** Queues a MSG or HMSG: its line without the line end, then the payload. False when the client is gone or too slow. */
  message(control: string, payload: Buffer): boolean {
    if (!this.#admit(control.length + payload.length + 2 * LINE_END.length)) return false;
    this.#write(control + LINE_END);
    if (payload.length >= REFERENCE_BYTES_MIN) this.#reference(payload);
    else this.#copy(payload);
    this.#write(LINE_END);
    if (this.#queued >= EARLY_FLUSH_BYTES) this.flush();
    return true;
  }

  /** Hands everything queued to the socket in one write. */
  flush(): void {
    const { socket } = this.#options;
    if (this.#queued === 0 || !socket.writable) return;
    const chunk = this.#chunk.subarray(0, this.#used);
    if (this.#sealed.length === 0) socket.write(chunk);
    else {
      socket.cork();
      for (const sealed of this.#sealed) socket.write(sealed);
      if (chunk.length > 0) socket.write(chunk);
      socket.uncork();
      this.#sealed = [];
    }
    this.#queued = 0;
    this.#inSocket = socket.writableLength;
    // The memory is ours again only when the kernel has taken every byte of it.
    if (this.#inSocket > 0) this.#chunk = NO_BYTES;
    this.#used = 0;
  }

  /** Drops what is queued and accepts nothing more. */
  close(): void {
    this.#open = false;
    this.#sealed = [];
    this.#chunk = NO_BYTES;
    this.#used = 0;
    this.#queued = 0;
  }

  #admit(bytes: number): boolean {
    if (!this.#open) return false;
    if (this.#queued === 0) {
      this.#inSocket = this.#options.socket.writableLength;
      this.#options.flushQueue.add(this);
    }
    if (this.pendingBytes + bytes > this.#options.pendingBytesMax) {
      const pendingBytes = this.pendingBytes;
      this.close();
      this.#options.onOverflow(pendingBytes);
      return false;
    }
    this.#queued += bytes;
    return true;
  }

  #write(text: string): void {
    this.#reserve(text.length);
    this.#used += this.#chunk.write(text, this.#used, 'latin1');
  }

  #copy(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#chunk.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  #reference(bytes: Buffer): void {
    this.#seal();
    this.#sealed.push(bytes);
  }

  /** Makes room for `bytes` more in the open chunk. */
  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#chunk.length) return;
    this.#seal();
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(this.#chunkBytes, bytes));
    this.#chunkBytes = Math.min(this.#chunkBytes * 2, CHUNK_BYTES_MAX);
  }

  #seal(): void {
    if (this.#used === 0) return;
    this.#sealed.push(this.#chunk.subarray(0, this.#used));
    this.#chunk = this.#chunk.subarray(this.#used);
    this.#used = 0;
  }
}

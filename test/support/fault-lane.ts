/**
 * One direction of a proxied connection: bytes from one socket to the other, in order, with a delay or not at all. What is
 * held arrives later, as after a real partition, also when the side that sent it is long gone: a commit can outlive its
 * connection.
 */
import type { Socket } from 'node:net';

type Item = { readonly type: 'bytes'; readonly bytes: Buffer } | { readonly type: 'end' } | { readonly type: 'reset' };

/** So much is kept for the receiver before the sender has to wait. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

export class FaultLane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #queue: { readonly item: Item; readonly dueAt: number }[] = [];
  #held = false;
  #delayMs = 0;
  #keptBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', (bytes: Buffer) => this.#push({ type: 'bytes', bytes }));
    from.on('end', () => this.#push({ type: 'end' }));
    // How the sender went away is told to the receiver: a reset as a reset.
    from.on('error', () => this.#push({ type: 'reset' }));
    from.on('close', () => this.#push({ type: 'end' }));
    to.on('drain', () => {
      if (this.#keptBytes < KEPT_BYTES_MAX) from.resume();
    });
  }

  /** What the receiver has not been given yet. */
  get kept(): Buffer {
    return Buffer.concat(this.#queue.flatMap(({ item }) => (item.type === 'bytes' ? [item.bytes] : [])));
  }

  /** From now on nothing arrives, nor does the end of the connection. */
  hold(): void {
    this.#held = true;
  }

  /** What was held arrives now, in its order; what comes later as it comes. */
  release(): void {
    this.#held = false;
    this.#flush();
  }

  /** Everything arrives so much later. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Forgets what was kept; for a connection that ends now. */
  discard(): void {
    this.#queue.length = 0;
    this.#keptBytes = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #push(item: Item): void {
    this.#queue.push({ item, dueAt: performance.now() + this.#delayMs });
    if (item.type === 'bytes') this.#keptBytes += item.bytes.length;
    if (this.#keptBytes >= KEPT_BYTES_MAX) this.#from.pause();
    this.#flush();
  }

  #flush(): void {
    if (this.#held || this.#timer !== undefined) return;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          this.#flush();
        }, waitMs);
        return;
      }
      this.#queue.shift();
      this.#deliver(next.item);
    }
    if (!this.#to.writableNeedDrain) this.#from.resume();
  }

  #deliver(item: Item): void {
    if (item.type === 'bytes') this.#keptBytes -= item.bytes.length;
    if (this.#to.destroyed) return;
    if (item.type === 'reset') this.#to.resetAndDestroy();
    else if (item.type === 'end') this.#to.end();
    else if (!this.#to.write(item.bytes)) this.#from.pause();
  }
}

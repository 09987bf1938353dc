/**
 * A bus in this process, for Pods that are measured without a server: core NATS semantics where a Pod needs them, and a
 * look-up that costs the same for one symbol and for ten thousand, so that a suite does not measure its own support.
 */
import { NoRespondersError } from '../../protocol/errors.ts';
import type { Bus, BusMessage } from '../../protocol/ports/bus.ts';

type Handler = (message: BusMessage) => void;

export class MemoryBus implements Bus {
  readonly connected = true;
  readonly #handlers = new Map<string, Handler[]>();

  get connectedForMs(): number {
    return performance.now();
  }

  publish(subject: string, payload: Uint8Array | string): void {
    this.#deliver(subject, payload, () => undefined);
  }

  request(subject: string, payload: Uint8Array | string): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const heard = this.#deliver(subject, payload, (answer) => resolve(Buffer.from(answer)));
      if (!heard) reject(new NoRespondersError(`nobody listens on ${subject}`));
    });
  }

  /** Knows whole subjects and `*` as the last token: the patterns a Pod listens on. */
  subscribe(subject: string, handler: Handler): () => void {
    const handlers = this.#handlers.get(subject);
    if (handlers === undefined) this.#handlers.set(subject, [handler]);
    else handlers.push(handler);
    return () => {
      const left = (this.#handlers.get(subject) ?? []).filter((other) => other !== handler);
      if (left.length === 0) this.#handlers.delete(subject);
      else this.#handlers.set(subject, left);
    };
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    this.#handlers.clear();
  }

  #deliver(subject: string, payload: Uint8Array | string, respond: BusMessage['respond']): boolean {
    const whole = this.#handlers.get(subject) ?? [];
    const below = this.#handlers.get(`${subject.slice(0, subject.lastIndexOf('.'))}.*`) ?? [];
    if (whole.length === 0 && below.length === 0) return false;
    const data = Buffer.from(payload);
    // Never within the call of the sender: no server does that either.
    queueMicrotask(() => {
      for (const handler of [...whole, ...below]) handler({ subject, data, respond });
    });
    return true;
  }
}

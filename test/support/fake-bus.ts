/**
 * A bus in memory with the semantics of core NATS: subjects with wildcards, queue groups, a server that says when nobody
 * listens, messages dropped while a connection is down. Messages arrive as promises run; only time-outs need the clock.
 * A frozen connection listens and never answers, as a stopped process does.
 */
import { NoRespondersError, RetryableError } from '../../protocol/errors.ts';
import type { Bus, BusMessage } from '../../protocol/ports/bus.ts';
import type { Clock } from '../../protocol/ports/clock.ts';

interface Subscription {
  readonly by: FakeBus;
  readonly pattern: readonly string[];
  readonly queue: string | undefined;
  readonly handler: (message: BusMessage) => void;
}

export interface Published {
  readonly subject: string;
  readonly payload: string;
}

export class FakeBusServer {
  readonly clock: Clock;
  /** Everything that was published, in order; requests are not in it. */
  readonly published: Published[] = [];
  /** Subjects of everything that was requested, in order. */
  readonly requested: string[] = [];
  readonly subscriptions = new Set<Subscription>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  connect(): FakeBus {
    return new FakeBus(this);
  }

  /** Who hears a message: every plain subscription, and one of each queue group. */
  listeners(subject: string): readonly Subscription[] {
    const queues = new Set<string>();
    return [...this.subscriptions].filter(({ by, pattern, queue }) => {
      if (!by.connected || !matches(pattern, subject)) return false;
      if (queue === undefined) return true;
      if (queues.has(queue)) return false;
      queues.add(queue);
      return true;
    });
  }
}

export class FakeBus implements Bus {
  readonly server: FakeBusServer;
  /** Messages reach it and nothing is done about them. */
  frozen = false;
  /** What handlers threw; the real bus logs it. */
  readonly failures: unknown[] = [];
  #connectedAt: number | undefined;

  constructor(server: FakeBusServer) {
    this.server = server;
    this.#connectedAt = server.clock.monotonic();
  }

  get connected(): boolean {
    return this.#connectedAt !== undefined;
  }

  get connectedForMs(): number {
    return this.#connectedAt === undefined ? 0 : this.server.clock.monotonic() - this.#connectedAt;
  }

  disconnect(): void {
    this.#connectedAt = undefined;
  }

  reconnect(): void {
    this.#connectedAt = this.server.clock.monotonic();
  }

  publish(subject: string, payload: Uint8Array | string): void {
    if (!this.connected) return;
    this.server.published.push({ subject, payload: textOf(payload) });
    for (const listener of this.server.listeners(subject)) deliver(listener, subject, payload, () => undefined);
  }

  request(subject: string, payload: Uint8Array | string, timeoutMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (!this.connected) {
        reject(new RetryableError('the connection is down'));
        return;
      }
      this.server.requested.push(subject);
      const listeners = this.server.listeners(subject);
      if (listeners.length === 0) {
        reject(new NoRespondersError(`nobody listens on ${subject}`));
        return;
      }
      const cancel = this.server.clock.after(timeoutMs, () => reject(new RetryableError(`no answer on ${subject}`)));
      const answered = (reply: Uint8Array | string): void => {
        cancel();
        resolve(Buffer.from(textOf(reply)));
      };
      for (const listener of listeners) deliver(listener, subject, payload, answered);
    });
  }

  subscribe(subject: string, handler: (message: BusMessage) => void, queue?: string): () => void {
    const subscription = { by: this, pattern: subject.split('.'), queue, handler };
    this.server.subscriptions.add(subscription);
    return () => this.server.subscriptions.delete(subscription);
  }

  async flush(): Promise<void> {
    if (!this.connected) throw new RetryableError('the connection is down');
  }

  /** As a process that died: the server forgets its subscriptions. */
  async close(): Promise<void> {
    this.disconnect();
    for (const subscription of [...this.server.subscriptions]) {
      if (subscription.by === this) this.server.subscriptions.delete(subscription);
    }
  }
}

function deliver(
  { by, handler }: Subscription,
  subject: string,
  payload: Uint8Array | string,
  respond: (payload: Uint8Array | string) => void,
): void {
  queueMicrotask(() => {
    if (by.frozen || !by.connected) return;
    try {
      handler({ subject, data: Buffer.from(textOf(payload)), respond });
    } catch (error) {
      by.failures.push(error);
    }
  });
}

function matches(pattern: readonly string[], subject: string): boolean {
  const tokens = subject.split('.');
  return (
    tokens.length === pattern.length && pattern.every((expected, at) => expected === '*' || expected === tokens[at])
  );
}

function textOf(payload: Uint8Array | string): string {
  return typeof payload === 'string' ? payload : new TextDecoder().decode(payload);
}

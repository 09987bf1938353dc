/** The streams that somebody watches, each once however many channels carry its events. */

import { EventStream, type StreamPorts } from './event-stream.ts';
import type { HeadsOfStreams } from './heads.ts';

export class Streams {
  readonly #ports: StreamPorts;
  readonly #open = new Map<string, { readonly stream: EventStream; users: number }>();

  constructor(ports: StreamPorts) {
    this.#ports = ports;
  }

  get size(): number {
    return this.#open.size;
  }

  get(name: string): EventStream | undefined {
    return this.#open.get(name)?.stream;
  }

  /** The stream, which publishes what comes after row `seq` unless it is open already. To be released once. */
  acquire(name: string, seq: number): EventStream {
    const known = this.#open.get(name);
    if (known !== undefined) {
      known.users += 1;
      return known.stream;
    }
    const stream = new EventStream(name, seq, this.#ports);
    this.#open.set(name, { stream, users: 1 });
    return stream;
  }

  release(name: string): void {
    const known = this.#open.get(name);
    if (known === undefined) return;
    known.users -= 1;
    if (known.users > 0) return;
    this.#open.delete(name);
    known.stream.close();
  }

  /** What the ledger has: streams that are behind read what they miss. */
  learn(heads: HeadsOfStreams): void {
    for (const [name, { stream }] of this.#open) {
      const head = heads.get(name);
      if (head !== undefined) stream.learn(head);
    }
  }

  /** Rows known of and not published, and since when (monotonic) the one that waits longest. */
  lag(): { readonly rows: number; readonly since: number | undefined } {
    let rows = 0;
    let since: number | undefined;
    for (const { stream } of this.#open.values()) {
      rows += stream.rowsBehind;
      const behind = stream.behindSince;
      if (behind !== undefined && (since === undefined || behind < since)) since = behind;
    }
    return { rows, since };
  }

  close(): void {
    for (const { stream } of this.#open.values()) stream.close();
    this.#open.clear();
  }
}

/**
 * Flushes the outboxes that were written to, once a turn of the event loop. `setImmediate` runs right after the turn's
 * sockets have been read, so messages that arrived together from several publishers leave together.
 */
interface Flushable {
  flush(): void;
}

export class FlushQueue {
  #dirty: Flushable[] = [];
  #scheduled = false;

  /** `outbox` may be added again before it is flushed; the second flush finds nothing to do. */
  add(outbox: Flushable): void {
    this.#dirty.push(outbox);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    this.#scheduled = false;
    for (const outbox of dirty) outbox.flush();
  }
}

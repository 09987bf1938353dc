/** The newest entries of a numbered sequence, in memory: what a client missed for a moment needs no read. */

export class Recent<Entry> {
  #entries: Entry[] = [];
  #last: number;

  /** `last` is the number of the newest entry that exists; none is remembered yet. */
  constructor(last: number) {
    this.#last = last;
  }

  /** The number of the newest entry. */
  get last(): number {
    return this.#last;
  }

  /** Adds the next one. With more than `max` remembered the oldest are forgotten, a quarter at a time. */
  push(entry: Entry, max: number): void {
    if (this.#entries.length >= max) this.#entries = this.#entries.slice(-Math.floor((max * 3) / 4));
    this.#entries.push(entry);
    this.#last += 1;
  }

  /** All after number `after`, in order; undefined when they are not all remembered, or `after` is yet to come. */
  after(after: number): readonly Entry[] | undefined {
    const count = this.#last - after;
    if (count < 0 || count > this.#entries.length) return undefined;
    return count === 0 ? [] : this.#entries.slice(-count);
  }

  /** Goes on after number `last`; what was before is forgotten. */
  restart(last: number): void {
    this.#entries = [];
    this.#last = last;
  }
}

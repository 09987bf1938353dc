/**
 * One line of virtual time for everything: Pods, clients, servers, the network between them. Events happen one after the
 * other in the order of their times (and, at the same time, in the order in which they were set), and everything that an
 * event sets off, promises included, has run before the next one happens. Nothing waits for real time.
 */

export interface TimelineEvent {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

export class Timeline {
  /** Milliseconds since the start of the run. */
  nowMs = 0;
  /** Events that have happened. */
  events = 0;
  /** A binary heap: the earliest event is first. */
  readonly #heap: TimelineEvent[] = [];
  #order = 0;

  /** Sets an event; mark it `cancelled` to take it back. */
  after(delayMs: number, run: () => void): TimelineEvent {
    const event = { at: this.nowMs + Math.max(0, delayMs), order: this.#order, run, cancelled: false };
    this.#order += 1;
    this.#push(event);
    return event;
  }

  /** Lets so much time pass. */
  async advance(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    await settled();
    for (let event = this.#takeBefore(end); event !== undefined; event = this.#takeBefore(end)) {
      this.nowMs = event.at;
      this.events += 1;
      event.run();
      await settled();
    }
    this.nowMs = end;
  }

  #takeBefore(end: number): TimelineEvent | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.at > end) return undefined;
      this.#pop();
      if (!first.cancelled) return first;
    }
  }

  #push(event: TimelineEvent): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      const above = heap[parent] as TimelineEvent;
      if (!isEarlier(event, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as TimelineEvent;
    const size = heap.length;
    if (size === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size && isEarlier(heap[right] as TimelineEvent, heap[child] as TimelineEvent)) child = right;
      const below = heap[child] as TimelineEvent;
      if (!isEarlier(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

function isEarlier(a: TimelineEvent, b: TimelineEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/**
 * Resolves when every promise that could run has run. Asked for from within a promise, Node's next tick comes after the
 * last of them and before any timer or socket: the cheapest way to know, and there are millions of events.
 */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

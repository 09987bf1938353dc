/** How often each kind of fault happened: a run that broke nothing proves nothing. */
export class FaultCounts {
  readonly #counts = new Map<string, number>();

  add(kind: string, times = 1): void {
    if (times > 0) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + times);
  }

  merge(counts: Readonly<Record<string, number>>): void {
    for (const [kind, times] of Object.entries(counts)) this.add(kind, times);
  }

  /** By kind, in the order of the alphabet. */
  toJson(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

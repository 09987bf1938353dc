/**
 * How far each stream of the ledger reaches, read every `feedHeadsIntervalMs` while somebody watches: the only way to
 * notice that the last event was lost on the bus. One read at a time, shared by all who ask.
 */
import { LIMITS } from '../../protocol/limits.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import { every } from './every.ts';

export type HeadsOfStreams = ReadonlyMap<string, number>;

export interface HeadsOptions {
  readonly clock: Clock;
  readonly read: () => Promise<HeadsOfStreams>;
  /** Every result, before those who asked for it go on. */
  readonly onHeads: (heads: HeadsOfStreams) => void;
  /** Whether somebody needs to know. */
  readonly isNeeded: () => boolean;
}

export class Heads {
  readonly #options: HeadsOptions;
  #newest: { readonly heads: HeadsOfStreams; readonly askedAt: number } | undefined;
  #reading: Promise<HeadsOfStreams> | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: HeadsOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, isNeeded } = this.#options;
    this.#cancel = every(clock, LIMITS.feedHeadsIntervalMs, () => {
      // An outage is told by whoever reads for us, and the next turn tries again.
      if (isNeeded()) this.#read().catch(() => undefined);
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** Heads asked for at most `ageMs` ago. Rejects when the ledger can't be read. */
  async atMost(ageMs: number): Promise<HeadsOfStreams> {
    const newest = this.#newest;
    if (newest !== undefined && this.#options.clock.monotonic() - newest.askedAt <= ageMs) return newest.heads;
    return this.#read();
  }

  #read(): Promise<HeadsOfStreams> {
    this.#reading ??= this.#ask().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #ask(): Promise<HeadsOfStreams> {
    const { clock, read, onHeads } = this.#options;
    const askedAt = clock.monotonic();
    const heads = await read();
    this.#newest = { heads, askedAt };
    onHeads(heads);
    return heads;
  }
}

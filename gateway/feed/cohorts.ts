/**
 * Who is told prices together. To write to thousands of sockets takes longer than anything else may wait, so clients are
 * told in turn, one cohort at a time, each the newest price of its moment.
 */
import { COHORT_CLIENTS_MIN, COHORTS } from './bounds.ts';

export class Cohorts {
  /** Clients of each. */
  readonly #sizes = new Array<number>(COHORTS).fill(0);

  /** The cohort of a client that comes. A few clients are one cohort: what is told to several is published several times. */
  join(): number {
    const sizes = this.#sizes;
    const small = sizes.findIndex((size) => size < COHORT_CLIENTS_MIN);
    const joined = small === -1 ? sizes.indexOf(Math.min(...sizes)) : small;
    this.#sizes[joined] = this.#size(joined) + 1;
    return joined;
  }

  leave(cohort: number): void {
    this.#sizes[cohort] = this.#size(cohort) - 1;
  }

  isEmpty(cohort: number): boolean {
    return this.#size(cohort) === 0;
  }

  #size(cohort: number): number {
    return this.#sizes[cohort] ?? 0;
  }
}

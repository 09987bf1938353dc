/**
 * Where one symbol stands in its machine: events in, effects out as data, and a value that can be set back when decisions
 * made ahead of a commit turn out void.
 */
import type { ModeEffect, ModeEvent, ModeValue } from './machine.ts';
import { INITIAL_PLACE, placeOf } from './mode-table.ts';

/** What people and clients see as the mode of a symbol. */
export type Mode = 'starting' | 'warming' | 'flat' | 'entering' | 'holding' | 'exiting' | 'paused' | 'halted';

export interface ModesOwner {
  /** An event that is not legal in the mode: counted in production, fatal in tests. */
  onIllegalEvent(event: ModeEvent['type'], mode: Mode): void;
}

const NONE: readonly never[] = [];

export class Modes {
  readonly #owner: ModesOwner;
  #place = INITIAL_PLACE;

  constructor(owner: ModesOwner) {
    this.#owner = owner;
  }

  /** The same object for the same value, whichever symbol it is of. */
  get value(): ModeValue {
    return this.#place.value;
  }

  get mode(): Mode {
    return modeOf(this.value);
  }

  /** True in `lifecycle` or one of its inner modes: `in('entering')`, `in('entering.reserving')`. */
  in(lifecycle: string): boolean {
    const { lifecycle: current } = this.value;
    if (typeof current === 'string') return current === lifecycle;
    const [outer, inner] = Object.entries(current)[0] ?? [];
    return outer === lifecycle || `${outer}.${inner}` === lifecycle;
  }

  /** Takes an event and returns the effects its transition asks for. Throws when the machine itself fails. */
  send(event: ModeEvent): readonly ModeEffect[] {
    const step = this.#place.step(event);
    if (step === undefined) {
      this.#owner.onIllegalEvent(event.type, this.mode);
      return NONE;
    }
    this.#place = step.to;
    return step.effects;
  }

  /** Goes back to a value taken earlier. */
  reset(value: ModeValue): void {
    if (value !== this.value) this.#place = placeOf(value);
  }
}

export function modeOf(value: ModeValue): Mode {
  if (value.control !== 'active') return value.control;
  const { lifecycle } = value;
  return typeof lifecycle === 'string' ? (lifecycle as Mode) : 'entering';
}

/**
 * The machine as a table: where every event leads from every value, and which effects that asks for. xstate answers each
 * question once (`transition()` is the step that a running xstate actor makes); the answers are shared by all symbols, and a
 * symbol holds nothing but its place in the table. An xstate actor of its own would take 4 kB.
 *
 * The machine has no context and its events carry nothing but flags, so value and event decide everything, and the table is
 * small: a few dozen places, a handful of steps from each.
 */
import { initialTransition, type StateValue, transition } from 'xstate';
import { invariant } from '../../domain/invariant.ts';
import { type ModeEffect, type ModeEvent, type ModeValue, symbolMachine } from './machine.ts';

/** Steps from one place: every event with every combination of its flags is 27 at present. */
const STEPS_MAX = 100;

export interface Step {
  readonly to: Place;
  readonly effects: readonly ModeEffect[];
}

/** A value of the machine and what is known of the steps from it. There is one place for each value. */
export class Place {
  readonly value: ModeValue;
  readonly #snapshot: ReturnType<typeof symbolMachine.resolveState>;
  readonly #steps = new Map<string, Step | undefined>();

  constructor(value: ModeValue) {
    this.value = Object.freeze(value);
    this.#snapshot = symbolMachine.resolveState({ value: value as unknown as StateValue, context: {} });
  }

  /** Where an event leads; undefined when it is not legal here. Throws what a guard or an action throws. */
  step(event: ModeEvent): Step | undefined {
    const flags = JSON.stringify(event);
    const known = this.#steps.get(flags);
    if (known !== undefined || this.#steps.has(flags)) return known;
    invariant(this.#steps.size < STEPS_MAX, 'an event carries flags only');
    const step = this.#snapshot.can(event) ? this.#ask(event) : undefined;
    this.#steps.set(flags, step);
    return step;
  }

  #ask(event: ModeEvent): Step {
    const [next, actions] = transition(symbolMachine, this.#snapshot, event);
    return { to: placeOf(next.value as unknown as ModeValue), effects: actions.map(effectOf) };
  }
}

/** xstate's types don't name the actions that emit. */
function effectOf(action: { readonly type: string; readonly params?: unknown }): ModeEffect {
  invariant(action.type === 'xstate.emit', 'the machine does nothing but emit effects');
  return (action.params as { readonly event: ModeEffect }).event;
}

const places = new Map<string, Place>();

export function placeOf(value: ModeValue): Place {
  const name = `${JSON.stringify(value.lifecycle)} ${value.control}`;
  let place = places.get(name);
  if (place === undefined) {
    place = new Place(value);
    places.set(name, place);
  }
  return place;
}

/** Where every symbol starts. */
export const INITIAL_PLACE = placeOf(initialTransition(symbolMachine)[0].value as unknown as ModeValue);

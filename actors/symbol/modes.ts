/**
 * The running machine of one symbol: events in, effects out as data, and a value that can be set back when decisions
 * made ahead of a commit turn out void.
 */
import { type ActorRefFrom, createActor, type StateValue } from 'xstate';
import { type ModeEffect, type ModeEvent, type ModeValue, symbolMachine } from './machine.ts';

/** What people and clients see as the mode of a symbol. */
export type Mode = 'starting' | 'warming' | 'flat' | 'entering' | 'holding' | 'exiting' | 'paused' | 'halted';

export interface ModesOptions {
  /** An event that is not legal in the mode: counted in production, fatal in tests. */
  readonly onIllegal: (event: ModeEvent['type'], mode: Mode) => void;
  /** The machine itself failed; an xstate actor reports this only to an observer. */
  readonly onError: (error: unknown) => void;
}

export class Modes {
  readonly #options: ModesOptions;
  #actor: ActorRefFrom<typeof symbolMachine>;
  #emitted: ModeEffect[] = [];

  constructor(options: ModesOptions) {
    this.#options = options;
    this.#actor = this.#start(undefined);
  }

  get value(): ModeValue {
    return this.#actor.getSnapshot().value as ModeValue;
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

  /** Sends an event and returns the effects its transition asks for. */
  send(event: ModeEvent): readonly ModeEffect[] {
    if (!this.#actor.getSnapshot().can(event)) {
      this.#options.onIllegal(event.type, this.mode);
      return [];
    }
    this.#emitted = [];
    this.#actor.send(event);
    return this.#emitted;
  }

  /** Goes back to a value taken earlier. */
  reset(value: ModeValue): void {
    if (value === this.value) return;
    this.#actor.stop();
    this.#actor = this.#start(value);
  }

  stop(): void {
    this.#actor.stop();
  }

  #start(value: ModeValue | undefined): ActorRefFrom<typeof symbolMachine> {
    const actor = createActor(symbolMachine, {
      ...(value === undefined
        ? {}
        : { snapshot: symbolMachine.resolveState({ value: value as unknown as StateValue, context: {} }) }),
    });
    actor.subscribe({ error: this.#options.onError });
    actor.on('*', (effect) => {
      this.#emitted.push(effect as ModeEffect);
    });
    actor.start();
    return actor;
  }
}

export function modeOf(value: ModeValue): Mode {
  if (value.control !== 'active') return value.control;
  const { lifecycle } = value;
  return typeof lifecycle === 'string' ? (lifecycle as Mode) : 'entering';
}

/** What events cost without mailboxes, commits or recovery: the pure reducer, and xstate alone. */
import { assign, createActor, setup } from 'xstate';
import { symbolMachine } from '../../actors/symbol/machine.ts';
import { applyFill, type Execution, FLAT, type Position, priceFill } from '../../domain/position.ts';
import type { Contender } from '../harness/interleave.ts';
import { inChunks } from './chunks.ts';
import { fillMaker, openingFill } from './load.ts';

const SYMBOLS = ['KRW-S0'];

/** The arithmetic of a fill and nothing around it. */
export function reducer(seed: number): Contender {
  const next = executionMaker(seed);
  let position = opened();
  return {
    name: 'reducer',
    slice: (durationMs) =>
      inChunks(durationMs, next, (chunk) => {
        for (const execution of chunk) position = applyFill(position, priceFill(position, execution));
      }),
  };
}

/** xstate by itself: one state, and an event that does nothing. */
export function xstateSend(): Contender {
  const actor = createActor(idleMachine);
  actor.start();
  return sending('xstate-send', actor, () => ({ type: 'NOTHING' }));
}

/** The machine that ships, by itself: every event changes its mode. */
export function coinpilotMachine(): Contender {
  const actor = createActor(symbolMachine);
  actor.start();
  actor.send({ type: 'RECOVERED', holds: false, order: null, warm: true });
  let isPaused = false;
  return sending('coinpilot-machine', actor, () => {
    isPaused = !isPaused;
    return { type: isPaused ? 'PAUSE' : 'RESUME' };
  });
}

/** The position inside of a machine, as most would write an actor with xstate: every fill is an event with an `assign`. */
export function xstateFill(seed: number): Contender {
  const next = executionMaker(seed);
  const actor = createActor(positionMachine);
  actor.start();
  return sending('xstate-fill', actor, () => ({ type: 'FILL', execution: next() }));
}

function sending<Event>(name: string, actor: { send(event: Event): void }, next: () => Event): Contender {
  return {
    name,
    slice: (durationMs) =>
      inChunks(durationMs, next, (chunk) => {
        for (const event of chunk) actor.send(event);
      }),
  };
}

const idleMachine = setup({
  types: { events: {} as { readonly type: 'NOTHING' } },
}).createMachine({ initial: 'idle', states: { idle: { on: { NOTHING: {} } } } });

const positionMachine = setup({
  types: {
    context: {} as { position: Position },
    events: {} as { readonly type: 'FILL'; readonly execution: Execution },
  },
  actions: {
    apply: assign(({ context, event }) => ({
      position: applyFill(context.position, priceFill(context.position, event.execution)),
    })),
  },
}).createMachine({
  context: { position: opened() },
  initial: 'holding',
  states: { holding: { on: { FILL: { actions: 'apply' } } } },
});

function executionMaker(seed: number): () => Execution {
  const next = fillMaker(SYMBOLS, seed);
  return () => executionOf(next().request);
}

function opened(): Position {
  return applyFill(FLAT, priceFill(FLAT, executionOf(openingFill())));
}

function executionOf({ side, quantity, price, fee = 0n }: ReturnType<typeof openingFill>): Execution {
  return { side, quantity, price, fee };
}

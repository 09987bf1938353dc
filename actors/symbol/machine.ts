/**
 * The modes of a symbol: which events are legal when, and which effect a change of mode asks for. Numbers live in domain;
 * nothing here computes, waits or performs I/O. Effects are emitted as data and carried out after the commit.
 *
 * Two regions: `lifecycle` is what the strategy is doing, `control` is what a person allows. Control never blocks an
 * exit (I12); entries are refused by the account, which sees the control flags.
 */
import { emit, setup } from 'xstate';

/** Events carry flags and nothing else: the answer to each is kept (mode-table.ts). */
export type ModeEvent =
  /** Orders of an earlier life are accounted for; the flags say what was found. */
  | {
      readonly type: 'RECOVERED';
      readonly holds: boolean;
      readonly order: 'entry' | 'exit' | null;
      readonly warm: boolean;
    }
  | { readonly type: 'WARMED' }
  | { readonly type: 'ENTRY_SIGNAL' }
  | { readonly type: 'RESERVED'; readonly consult: boolean }
  | { readonly type: 'CONFIRMED' }
  | { readonly type: 'DECLINED'; readonly holds: boolean }
  | { readonly type: 'EXIT_SIGNAL' }
  /** The order is over; `holds` says whether a position is left. */
  | { readonly type: 'ORDER_DONE'; readonly holds: boolean }
  /** A recorded execution opened or closed the position without an order of ours. */
  | { readonly type: 'POSITION_OPENED' }
  | { readonly type: 'POSITION_CLOSED' }
  | { readonly type: 'PAUSE' }
  | { readonly type: 'RESUME' }
  | { readonly type: 'HALT' };

export type ModeEffect = { readonly type: 'reserve' } | { readonly type: 'consult' } | { readonly type: 'order' };

export const symbolMachine = setup({
  types: { events: {} as ModeEvent, emitted: {} as ModeEffect },
  actions: {
    reserve: emit({ type: 'reserve' }),
    consult: emit({ type: 'consult' }),
    order: emit({ type: 'order' }),
  },
  guards: {
    entryUnderway: ({ event }) => event.type === 'RECOVERED' && event.order === 'entry',
    exitUnderway: ({ event }) => event.type === 'RECOVERED' && event.order === 'exit',
    holds: ({ event }) => 'holds' in event && event.holds,
    warm: ({ event }) => event.type === 'RECOVERED' && event.warm,
    consults: ({ event }) => event.type === 'RESERVED' && event.consult,
  },
}).createMachine({
  id: 'symbol',
  // One event needs a few steps; more means a loop, which must fail instead of hanging the Pod.
  options: { maxIterations: 100 },
  type: 'parallel',
  states: {
    lifecycle: {
      initial: 'starting',
      states: {
        starting: {
          on: {
            RECOVERED: [
              { guard: 'entryUnderway', target: '#ordering' },
              { guard: 'exitUnderway', target: 'exiting' },
              { guard: 'holds', target: 'holding' },
              { guard: 'warm', target: 'flat' },
              { target: 'warming' },
            ],
          },
        },
        warming: {
          on: { WARMED: 'flat', POSITION_OPENED: 'holding', ENTRY_SIGNAL: 'entering' },
        },
        flat: {
          id: 'flat',
          on: { ENTRY_SIGNAL: 'entering', POSITION_OPENED: 'holding' },
        },
        entering: {
          initial: 'reserving',
          states: {
            reserving: {
              entry: 'reserve',
              on: {
                RESERVED: [
                  { guard: 'consults', target: 'consulting' },
                  { target: 'ordering', actions: 'order' },
                ],
                DECLINED: [{ guard: 'holds', target: '#holding' }, { target: '#flat' }],
              },
            },
            consulting: {
              entry: 'consult',
              on: {
                CONFIRMED: { target: 'ordering', actions: 'order' },
                DECLINED: [{ guard: 'holds', target: '#holding' }, { target: '#flat' }],
              },
            },
            ordering: {
              id: 'ordering',
              on: { ORDER_DONE: [{ guard: 'holds', target: '#holding' }, { target: '#flat' }] },
            },
          },
        },
        holding: {
          id: 'holding',
          on: {
            EXIT_SIGNAL: { target: 'exiting', actions: 'order' },
            POSITION_CLOSED: 'flat',
          },
        },
        exiting: {
          on: { ORDER_DONE: [{ guard: 'holds', target: 'holding' }, { target: 'flat' }] },
        },
      },
    },
    control: {
      initial: 'active',
      states: {
        active: { on: { PAUSE: 'paused', HALT: 'halted' } },
        paused: { on: { RESUME: 'active', HALT: 'halted' } },
        halted: { on: { RESUME: 'active' } },
      },
    },
  },
});

/** Where the machine stands in its two regions. */
export interface ModeValue {
  readonly lifecycle: string | Readonly<Record<string, string>>;
  readonly control: 'active' | 'paused' | 'halted';
}

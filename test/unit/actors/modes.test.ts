/**
 * Every mode against every event. The tables are complete by type: a new event or mode does not compile until somebody
 * has decided what it does everywhere.
 */
import { describe, expect, it } from 'vitest';
import { type ModeEvent, type ModeValue, symbolMachine } from '../../../actors/symbol/machine.ts';
import { Modes, modeOf } from '../../../actors/symbol/modes.ts';

type ControlMode = ModeValue['control'];
type LifecycleMode =
  | 'starting'
  | 'warming'
  | 'flat'
  | 'entering.reserving'
  | 'entering.consulting'
  | 'entering.ordering'
  | 'holding'
  | 'exiting';
type ControlEvent = 'PAUSE' | 'RESUME' | 'HALT';
type LifecycleEvent = Exclude<ModeEvent['type'], ControlEvent>;

/** Every event with each combination of flags that may matter. */
const VARIANTS = {
  RECOVERED: {
    nothing: { type: 'RECOVERED', holds: false, order: null, warm: false },
    warm: { type: 'RECOVERED', holds: false, order: null, warm: true },
    position: { type: 'RECOVERED', holds: true, order: null, warm: false },
    warmPosition: { type: 'RECOVERED', holds: true, order: null, warm: true },
    entry: { type: 'RECOVERED', holds: false, order: 'entry', warm: true },
    partialEntry: { type: 'RECOVERED', holds: true, order: 'entry', warm: true },
    exit: { type: 'RECOVERED', holds: true, order: 'exit', warm: true },
    coldExit: { type: 'RECOVERED', holds: true, order: 'exit', warm: false },
  },
  WARMED: { plain: { type: 'WARMED' } },
  ENTRY_SIGNAL: { plain: { type: 'ENTRY_SIGNAL' } },
  RESERVED: { consult: { type: 'RESERVED', consult: true }, rulesAlone: { type: 'RESERVED', consult: false } },
  CONFIRMED: { plain: { type: 'CONFIRMED' } },
  DECLINED: { flat: { type: 'DECLINED', holds: false }, holds: { type: 'DECLINED', holds: true } },
  EXIT_SIGNAL: { plain: { type: 'EXIT_SIGNAL' } },
  ORDER_DONE: { flat: { type: 'ORDER_DONE', holds: false }, holds: { type: 'ORDER_DONE', holds: true } },
  POSITION_OPENED: { plain: { type: 'POSITION_OPENED' } },
  POSITION_CLOSED: { plain: { type: 'POSITION_CLOSED' } },
  PAUSE: { plain: { type: 'PAUSE' } },
  RESUME: { plain: { type: 'RESUME' } },
  HALT: { plain: { type: 'HALT' } },
} as const satisfies { [T in ModeEvent['type']]: Readonly<Record<string, Extract<ModeEvent, { type: T }>>> };

/** What a variant leads to: the next mode and, behind a slash, the effect it asks for. */
type Expected<T extends ModeEvent['type']> = 'illegal' | Readonly<Record<keyof (typeof VARIANTS)[T], string>>;
type Row<T extends ModeEvent['type']> = { readonly [E in T]: Expected<E> };

const LIFECYCLE: Readonly<Record<LifecycleMode, Row<LifecycleEvent>>> = {
  starting: {
    RECOVERED: {
      nothing: 'warming',
      warm: 'flat',
      position: 'holding',
      warmPosition: 'holding',
      entry: 'entering.ordering',
      partialEntry: 'entering.ordering',
      exit: 'exiting',
      coldExit: 'exiting',
    },
    WARMED: 'illegal',
    ENTRY_SIGNAL: 'illegal',
    RESERVED: 'illegal',
    CONFIRMED: 'illegal',
    DECLINED: 'illegal',
    EXIT_SIGNAL: 'illegal',
    ORDER_DONE: 'illegal',
    POSITION_OPENED: 'illegal',
    POSITION_CLOSED: 'illegal',
  },
  warming: {
    RECOVERED: 'illegal',
    WARMED: { plain: 'flat' },
    ENTRY_SIGNAL: { plain: 'entering.reserving / reserve' },
    RESERVED: 'illegal',
    CONFIRMED: 'illegal',
    DECLINED: 'illegal',
    EXIT_SIGNAL: 'illegal',
    ORDER_DONE: 'illegal',
    POSITION_OPENED: { plain: 'holding' },
    POSITION_CLOSED: 'illegal',
  },
  flat: {
    RECOVERED: 'illegal',
    WARMED: 'illegal',
    ENTRY_SIGNAL: { plain: 'entering.reserving / reserve' },
    RESERVED: 'illegal',
    CONFIRMED: 'illegal',
    DECLINED: 'illegal',
    EXIT_SIGNAL: 'illegal',
    ORDER_DONE: 'illegal',
    POSITION_OPENED: { plain: 'holding' },
    POSITION_CLOSED: 'illegal',
  },
  'entering.reserving': {
    RECOVERED: 'illegal',
    WARMED: 'illegal',
    ENTRY_SIGNAL: 'illegal',
    RESERVED: { consult: 'entering.consulting / consult', rulesAlone: 'entering.ordering / order' },
    CONFIRMED: 'illegal',
    DECLINED: { flat: 'flat', holds: 'holding' },
    EXIT_SIGNAL: 'illegal',
    ORDER_DONE: 'illegal',
    POSITION_OPENED: 'illegal',
    POSITION_CLOSED: 'illegal',
  },
  'entering.consulting': {
    RECOVERED: 'illegal',
    WARMED: 'illegal',
    ENTRY_SIGNAL: 'illegal',
    RESERVED: 'illegal',
    CONFIRMED: { plain: 'entering.ordering / order' },
    DECLINED: { flat: 'flat', holds: 'holding' },
    EXIT_SIGNAL: 'illegal',
    ORDER_DONE: 'illegal',
    POSITION_OPENED: 'illegal',
    POSITION_CLOSED: 'illegal',
  },
  'entering.ordering': {
    RECOVERED: 'illegal',
    WARMED: 'illegal',
    ENTRY_SIGNAL: 'illegal',
    RESERVED: 'illegal',
    CONFIRMED: 'illegal',
    DECLINED: 'illegal',
    EXIT_SIGNAL: 'illegal',
    ORDER_DONE: { flat: 'flat', holds: 'holding' },
    POSITION_OPENED: 'illegal',
    POSITION_CLOSED: 'illegal',
  },
  holding: {
    RECOVERED: 'illegal',
    WARMED: 'illegal',
    ENTRY_SIGNAL: 'illegal',
    RESERVED: 'illegal',
    CONFIRMED: 'illegal',
    DECLINED: 'illegal',
    EXIT_SIGNAL: { plain: 'exiting / order' },
    ORDER_DONE: 'illegal',
    POSITION_OPENED: 'illegal',
    POSITION_CLOSED: { plain: 'flat' },
  },
  exiting: {
    RECOVERED: 'illegal',
    WARMED: 'illegal',
    ENTRY_SIGNAL: 'illegal',
    RESERVED: 'illegal',
    CONFIRMED: 'illegal',
    DECLINED: 'illegal',
    EXIT_SIGNAL: 'illegal',
    ORDER_DONE: { flat: 'flat', holds: 'holding' },
    POSITION_OPENED: 'illegal',
    POSITION_CLOSED: 'illegal',
  },
};

const CONTROL: Readonly<Record<ControlMode, Row<ControlEvent>>> = {
  active: { PAUSE: { plain: 'paused' }, RESUME: 'illegal', HALT: { plain: 'halted' } },
  paused: { PAUSE: 'illegal', RESUME: { plain: 'active' }, HALT: { plain: 'halted' } },
  halted: { PAUSE: 'illegal', RESUME: { plain: 'active' }, HALT: 'illegal' },
};

function modesAt(lifecycle: LifecycleMode, control: ControlMode) {
  const illegal: string[] = [];
  const modes = new Modes({ onIllegalEvent: (event, mode) => illegal.push(`${event} in ${mode}`) });
  const [outer = '', inner] = lifecycle.split('.');
  modes.reset({ lifecycle: inner === undefined ? outer : { [outer]: inner }, control });
  return { modes, illegal };
}

function lifecycleOf({ lifecycle }: ModeValue): string {
  return typeof lifecycle === 'string' ? lifecycle : Object.entries(lifecycle).flat().join('.');
}

function run(modes: Modes, event: ModeEvent): { lifecycle: string; control: string; effects: string } {
  const effects = modes.send(event).map((effect) => ` / ${effect.type}`);
  return { lifecycle: lifecycleOf(modes.value), control: modes.value.control, effects: effects.join('') };
}

const lifecycleModes = Object.keys(LIFECYCLE) as LifecycleMode[];
const controlModes = Object.keys(CONTROL) as ControlMode[];

describe('the tables', () => {
  it('name every mode of the machine', () => {
    const { lifecycle, control } = symbolMachine.root.states;
    const leaves = Object.entries(lifecycle?.states ?? {}).flatMap(([outer, node]) => {
      const inner = Object.keys(node.states);
      return inner.length === 0 ? [outer] : inner.map((key) => `${outer}.${key}`);
    });
    expect([...lifecycleModes].sort()).toEqual(leaves.sort());
    expect([...controlModes].sort()).toEqual(Object.keys(control?.states ?? {}).sort());
  });
});

describe.each(controlModes)('with control %s', (control) => {
  describe.each(lifecycleModes)('in %s', (lifecycle) => {
    const rows: Row<ModeEvent['type']> = { ...LIFECYCLE[lifecycle], ...CONTROL[control] };
    for (const [type, variants] of Object.entries(VARIANTS) as [ModeEvent['type'], Record<string, ModeEvent>][]) {
      for (const [variant, event] of Object.entries(variants)) {
        const row = rows[type] as 'illegal' | Readonly<Record<string, string>>;
        const name = `${type}${variant === 'plain' ? '' : ` (${variant})`}`;

        if (row === 'illegal') {
          it(`${name} is reported and changes nothing`, () => {
            const { modes, illegal } = modesAt(lifecycle, control);
            const before = modes.mode;
            expect(run(modes, event)).toEqual({ lifecycle, control, effects: '' });
            expect(illegal).toEqual([`${type} in ${before}`]);
          });
          continue;
        }

        it(`${name} leads to ${row[variant]}`, () => {
          const { modes, illegal } = modesAt(lifecycle, control);
          const after = run(modes, event);
          if (type in CONTROL[control]) {
            expect(after).toEqual({ lifecycle, control: row[variant], effects: '' });
          } else {
            expect(after.lifecycle + after.effects).toBe(row[variant]);
            expect(after.control).toBe(control);
          }
          expect(illegal).toEqual([]);
        });
      }
    }
  });
});

describe('the mode people see', () => {
  it('is what a person allows, before what the strategy does', () => {
    expect(modeOf({ lifecycle: 'holding', control: 'active' })).toBe('holding');
    expect(modeOf({ lifecycle: 'holding', control: 'paused' })).toBe('paused');
    expect(modeOf({ lifecycle: { entering: 'consulting' }, control: 'halted' })).toBe('halted');
    expect(modeOf({ lifecycle: { entering: 'consulting' }, control: 'active' })).toBe('entering');
  });

  it('starts at starting, active', () => {
    const modes = new Modes({ onIllegalEvent: () => {} });
    expect(modes.mode).toBe('starting');
    expect(modes.value).toEqual({ lifecycle: 'starting', control: 'active' });
  });

  it('answers questions about a lifecycle and its inner modes, whatever the control says', () => {
    const { modes } = modesAt('entering.reserving', 'halted');
    expect(modes.in('entering')).toBe(true);
    expect(modes.in('entering.reserving')).toBe(true);
    expect(modes.in('entering.ordering')).toBe(false);
    expect(modes.in('flat')).toBe(false);
  });
});

describe('going back to an earlier value', () => {
  it('undoes the modes decided since, in both regions', () => {
    const { modes, illegal } = modesAt('flat', 'active');
    const before = modes.value;
    modes.send({ type: 'ENTRY_SIGNAL' });
    modes.send({ type: 'PAUSE' });
    modes.reset(before);
    expect(modes.value).toEqual({ lifecycle: 'flat', control: 'active' });
    expect(modes.mode).toBe('flat');
    expect(illegal).toEqual([]);
  });

  it('asks for an effect again only when the event comes again', () => {
    const { modes } = modesAt('flat', 'active');
    const before = modes.value;
    modes.send({ type: 'ENTRY_SIGNAL' });
    modes.reset(before);
    expect(modes.send({ type: 'ENTRY_SIGNAL' })).toEqual([{ type: 'reserve' }]);
    modes.reset({ lifecycle: { entering: 'reserving' }, control: 'active' });
    expect(modes.send({ type: 'PAUSE' })).toEqual([]);
  });

  it('keeps watching for illegal events', () => {
    const { modes, illegal } = modesAt('holding', 'active');
    modes.reset({ lifecycle: 'flat', control: 'active' });
    modes.send({ type: 'EXIT_SIGNAL' });
    expect(illegal).toEqual(['EXIT_SIGNAL in flat']);
  });
});

describe('the table that symbols share', () => {
  it('has one place for each value: a symbol holds no machine of its own', () => {
    const one = modesAt('flat', 'active').modes;
    const other = modesAt('holding', 'active').modes;
    other.send({ type: 'POSITION_CLOSED' });
    expect(other.value).toBe(one.value);
  });

  it('gives the same answer again without asking the machine', () => {
    const first = modesAt('flat', 'active').modes;
    const second = modesAt('flat', 'active').modes;
    expect(first.send({ type: 'ENTRY_SIGNAL' })).toBe(second.send({ type: 'ENTRY_SIGNAL' }));
    expect(first.value).toBe(second.value);
  });

  it('keeps symbols apart that stand in the same place', () => {
    const one = modesAt('flat', 'active');
    const other = modesAt('flat', 'active');
    one.modes.send({ type: 'POSITION_OPENED' });
    other.modes.send({ type: 'EXIT_SIGNAL' });
    expect([one.modes.mode, other.modes.mode]).toEqual(['holding', 'flat']);
    expect([one.illegal, other.illegal]).toEqual([[], ['EXIT_SIGNAL in flat']]);
  });
});

describe('an error inside the machine', () => {
  /** Reads well when the table looks it up, and fails in the guard that asks; no other event goes by its name there. */
  function failingEvent(): ModeEvent {
    let reads = 0;
    const holds = (): boolean => {
      reads += 1;
      if (reads > 1) throw new Error('the flag cannot be read');
      return true;
    };
    const event = { type: 'ORDER_DONE', unlike: 'others' };
    return Object.defineProperty(event, 'holds', { get: holds, enumerable: true }) as unknown as ModeEvent;
  }

  it('reaches whoever sent the event, and leaves the mode as it was', () => {
    const { modes, illegal } = modesAt('exiting', 'active');
    const before = modes.value;
    expect(() => modes.send(failingEvent())).toThrow('the flag cannot be read');
    expect(modes.value).toBe(before);
    expect(illegal).toEqual([]);
  });
});

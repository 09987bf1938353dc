/** Work that is done again when woken: one run at a time, no wake-up lost, failures tried again, nothing after a stop. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Repeater } from '../../../supervisors/repeater.ts';
import { type Door, door } from '../../support/door.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

/** Longer than any pause of a repeater. */
const LONG_MS = 60_000;

function repeater(work: () => Promise<number | undefined>) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  return { clock, log, repeater: new Repeater({ name: 'sweeping', work, clock, log }) };
}

/** Runs that wait at doors, one door a run. */
function guarded(rests: readonly (number | undefined)[] = []) {
  const doors: Door[] = [];
  let underWay = 0;
  const made = repeater(async () => {
    const mine = door();
    doors.push(mine);
    underWay += 1;
    expect(underWay).toBe(1);
    await mine.opened;
    underWay -= 1;
    return rests[doors.length - 1];
  });
  const open = async (): Promise<void> => {
    doors.at(-1)?.open();
    await settled();
  };
  return { ...made, runs: () => doors.length, open };
}

describe('being woken', () => {
  it('runs once, and not again by itself', async () => {
    const { repeater, runs, open, clock } = guarded();
    repeater.wake();
    await open();
    await clock.advance(LONG_MS);
    expect(runs()).toBe(1);
    repeater.wake();
    expect(runs()).toBe(2);
  });

  it('while it runs makes one more run, however often, and none at the same time', async () => {
    const { repeater, runs, open } = guarded();
    for (let wakes = 0; wakes < 5; wakes += 1) repeater.wake();
    expect(runs()).toBe(1);
    await open();
    expect(runs()).toBe(2);
    await open();
    expect(runs()).toBe(2);
  });

  it('is never lost, at whatever moment it comes: a run begins after the last wake-up', async () => {
    const ticks = async (count: number): Promise<void> => {
      for (let tick = 0; tick < count; tick += 1) await Promise.resolve();
    };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(12), { maxLength: 8 }), fc.nat(6), async (pauses, length) => {
        let moment = 0;
        let lastBegun = 0;
        const made = repeater(async () => {
          moment += 1;
          lastBegun = moment;
          await ticks(length);
          return undefined;
        });
        let lastWoken = 0;
        for (const pause of pauses) {
          await ticks(pause);
          moment += 1;
          lastWoken = moment;
          made.repeater.wake();
        }
        await made.repeater.settled();
        expect(lastBegun).toBeGreaterThanOrEqual(lastWoken);
      }),
      { numRuns: 500 },
    );
  });
});

describe('resting', () => {
  it('lasts as long as the work says, whoever wakes it meanwhile; then it is done once', async () => {
    const { repeater, runs, open, clock } = guarded([1_000]);
    repeater.wake();
    await open();
    repeater.wake();
    repeater.wake();
    await clock.advance(999);
    expect(runs()).toBe(1);
    await clock.advance(1);
    expect(runs()).toBe(2);
    await open();
    await clock.advance(LONG_MS);
    expect(runs()).toBe(2);
  });

  it('also holds for a wake-up that came while the run was under way', async () => {
    const { repeater, runs, open, clock } = guarded([1_000]);
    repeater.wake();
    repeater.wake();
    await open();
    await clock.advance(999);
    expect(runs()).toBe(1);
    await clock.advance(1);
    expect(runs()).toBe(2);
  });

  it('for no time at all goes on at once', async () => {
    const { repeater, runs, open } = guarded([0, 0, undefined]);
    repeater.wake();
    await open();
    await open();
    await open();
    expect(runs()).toBe(3);
  });
});

describe('a run that fails', () => {
  it('is told and tried again after a moment, without being woken', async () => {
    let runs = 0;
    const {
      repeater: made,
      clock,
      log,
    } = repeater(async () => {
      runs += 1;
      if (runs < 3) throw new Error('the ledger is away');
      return undefined;
    });
    made.wake();
    await clock.advance(0);
    expect(runs).toBe(1);
    expect(log.lines).toEqual([
      { level: 'warn', fields: { what: 'sweeping', error: 'the ledger is away' }, message: 'trying again' },
    ]);
    await clock.advance(LONG_MS);
    expect(runs).toBe(3);
    expect(log.lines).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('does not spin when it is woken all the time', async () => {
    let runs = 0;
    const { repeater: made, clock } = repeater(async () => {
      runs += 1;
      throw new Error('still away');
    });
    for (let wakes = 0; wakes < 100; wakes += 1) {
      made.wake();
      await clock.advance(1);
    }
    expect(runs).toBe(1);
  });
});

describe('settling', () => {
  it('waits for the run under way and for what woke it meanwhile, not for a rest', async () => {
    const { repeater, runs, open } = guarded([undefined, 1_000]);
    let over = false;
    repeater.wake();
    const waiting = repeater.settled().then(() => {
      over = true;
    });
    repeater.wake();
    await open();
    expect(over).toBe(false);
    await open();
    await waiting;
    expect(runs()).toBe(2);
  });

  it('is at once when nothing runs', async () => {
    await guarded().repeater.settled();
  });
});

describe('stopping', () => {
  it('waits for the run under way, and no other follows', async () => {
    const { repeater, runs, open, clock } = guarded([0]);
    repeater.wake();
    let over = false;
    const stopping = repeater.stop().then(() => {
      over = true;
    });
    repeater.wake();
    await settled();
    expect(over).toBe(false);
    await open();
    await stopping;
    repeater.wake();
    await clock.advance(LONG_MS);
    expect(runs()).toBe(1);
  });

  it('ends a rest', async () => {
    const { repeater, runs, open, clock } = guarded([1_000]);
    repeater.wake();
    await open();
    await repeater.stop();
    expect(clock.pending).toBe(0);
    await clock.advance(LONG_MS);
    expect(runs()).toBe(1);
  });

  it('leaves nothing behind when the last run wanted to rest', async () => {
    const { repeater, runs, open, clock } = guarded([1_000]);
    repeater.wake();
    const stopping = repeater.stop();
    await open();
    await stopping;
    await clock.advance(LONG_MS);
    expect(runs()).toBe(1);
  });
});

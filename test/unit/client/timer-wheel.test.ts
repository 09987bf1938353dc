import { describe, expect, it } from 'vitest';
import { TimerWheel, type Waiter } from '../../../adapters/nats/client/timer-wheel.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const waiter = (onTime: () => void): Waiter => ({ onTime });

describe('the timer wheel', () => {
  it('calls back in the order of the moments, never early, at most a tick of 5 ms late', async () => {
    const clock = new FakeClock();
    const wheel = new TimerWheel(clock);
    await clock.advance(3);
    const called: { due: number; at: number }[] = [];
    for (const delay of [250, 0, 7, 1_000, 20, 7]) {
      wheel.after(
        delay,
        waiter(() => called.push({ due: 3 + delay, at: clock.monotonic() })),
      );
    }
    await clock.advance(2_000);
    expect(called.map(({ due }) => due)).toEqual([3, 10, 10, 23, 253, 1_003]);
    for (const { due, at } of called) {
      expect(at).toBeGreaterThanOrEqual(due);
      expect(at).toBeLessThanOrEqual(due + 10);
    }
  });

  it('forgets what was cancelled, also from inside a callback of the same moment', async () => {
    const clock = new FakeClock();
    const wheel = new TimerWheel(clock);
    const called: string[] = [];
    wheel.cancel(
      wheel.after(
        10,
        waiter(() => called.push('cancelled')),
      ),
    );
    wheel.after(
      20,
      waiter(() => {
        called.push('first');
        wheel.cancel(second);
      }),
    );
    const second = wheel.after(
      20,
      waiter(() => called.push('second')),
    );
    await clock.advance(100);
    expect(called).toEqual(['first']);
    expect(clock.pending).toBe(0);
  });

  it('uses one timer of the machine for all, and none when nothing waits', async () => {
    const clock = new FakeClock();
    const wheel = new TimerWheel(clock);
    const timers = Array.from({ length: 10_000 }, (_, index) =>
      wheel.after(
        index,
        waiter(() => undefined),
      ),
    );
    expect(clock.pending).toBe(1);
    for (const timer of timers) wheel.cancel(timer);
    await clock.advance(10);
    expect(clock.pending).toBe(0);
  });

  it('calls what a callback sets, and all that came due while the machine slept', async () => {
    let now = 0;
    let turn: () => void = () => undefined;
    const wheel = new TimerWheel({
      now: () => now,
      monotonic: () => now,
      after: (_, callback) => {
        turn = callback;
        return () => undefined;
      },
    });
    const called: string[] = [];
    wheel.after(
      5_000,
      waiter(() => called.push('late')),
    );
    wheel.after(
      10,
      waiter(() => {
        called.push('early');
        wheel.after(
          0,
          waiter(() => called.push('next')),
        );
      }),
    );
    now = 3_600_000;
    turn();
    expect(called).toEqual(['early', 'late']);
    now += 5;
    turn();
    expect(called).toEqual(['early', 'late', 'next']);
  });
});

import { describe, expect, it } from 'vitest';
import { FencedError, RetryableError, TerminalError } from '../../../protocol/errors.ts';
import { type PartSpec, RestForOne } from '../../../supervisors/rest-for-one.ts';
import { RestartPolicy } from '../../../supervisors/restart-policy.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

/** Chance at its middle: the first delays are 75, 150, 300 and 600 ms. */
const SETTINGS = { restartsMax: 3, windowMs: 60_000, backoffFirstMs: 100, backoffMaxMs: 1_000 };
/** For what is outside: the first delay is 30 ms. */
const OUTSIDE_SETTINGS = { ...SETTINGS, backoffFirstMs: 40 };

/** Parts that write down what happens to them and fail when told. */
function system(names: readonly string[] = ['bus', 'ledger', 'symbols']) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const events: string[] = [];
  const givenUp: { part: string; error: unknown }[] = [];
  /** What the next starts of a part end with; an error rejects. */
  const startErrors = new Map<string, unknown[]>();
  const stopErrors = new Map<string, unknown>();
  /** What the start of a part waits for. */
  const gates = new Map<string, Promise<void>>();
  /** `failed` of every life of a part, oldest first. */
  const reports = new Map<string, ((error: unknown) => void)[]>();

  const parts = names.map(
    (name): PartSpec => ({
      name,
      async start(failed, signal) {
        const error = startErrors.get(name)?.shift();
        events.push(error === undefined ? `start ${name}` : `fail ${name}`);
        reports.set(name, [...(reports.get(name) ?? []), failed]);
        const gate = gates.get(name);
        if (gate !== undefined) await Promise.race([gate, calledOff(signal, () => events.push(`call off ${name}`))]);
        if (error !== undefined) throw error;
        return {
          async stop() {
            events.push(`stop ${name}`);
            await Promise.resolve();
            if (stopErrors.has(name)) throw stopErrors.get(name);
          },
        };
      },
    }),
  );
  const middle = { next: () => 0.5 };
  const policy = new RestartPolicy(SETTINGS, clock, middle);
  const outsidePolicy = new RestartPolicy(OUTSIDE_SETTINGS, clock, middle);
  const onGiveUp = (part: string, error: unknown): void => void givenUp.push({ part, error });
  const supervisor = new RestForOne({ parts, policy, outsidePolicy, clock, log, onGiveUp });
  const lives = (name: string) => reports.get(name) ?? [];
  /** Reports a failure of the part's present life and lets everything run that needs no time. */
  const fail = async (name: string, error: unknown = new Error('lost')): Promise<void> => {
    lives(name).at(-1)?.(error);
    await settled();
  };
  const take = (): string[] => events.splice(0);
  return { clock, log, supervisor, startErrors, stopErrors, gates, givenUp, lives, fail, take };
}

/** Rejects when the start is called off. */
function calledOff(signal: AbortSignal, onAbort: () => void): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      onAbort();
      reject(new Error('called off'));
    });
  });
}

describe('rest-for-one supervision', () => {
  it('starts parts in order and stops them in reverse', async () => {
    const { supervisor, take } = system();
    await supervisor.start();
    expect(take()).toEqual(['start bus', 'start ledger', 'start symbols']);
    await supervisor.stop();
    expect(take()).toEqual(['stop symbols', 'stop ledger', 'stop bus']);
  });

  it('restarts the failed part and those behind it, and leaves those before it alone', async () => {
    const { supervisor, take, fail, clock } = system();
    await supervisor.start();
    take();
    await fail('ledger');
    expect(take()).toEqual(['stop symbols', 'stop ledger']);
    await clock.advance(75);
    await settled();
    expect(take()).toEqual(['start ledger', 'start symbols']);
    expect(supervisor.restarts).toBe(1);
  });

  it('still hears a part whose neighbour behind it was restarted before', async () => {
    const { supervisor, take, fail, clock } = system();
    await supervisor.start();
    await fail('symbols');
    await clock.advance(75);
    await settled();
    take();
    await fail('bus');
    expect(take()).toEqual(['stop symbols', 'stop ledger', 'stop bus']);
    await clock.advance(150);
    await settled();
    expect(take()).toEqual(['start bus', 'start ledger', 'start symbols']);
  });

  it('restarts from the first when an earlier part fails while a later one is down', async () => {
    const { supervisor, take, fail, clock } = system();
    await supervisor.start();
    take();
    await fail('symbols');
    await fail('bus');
    await clock.advance(75 + 150);
    await settled();
    const events = take();
    expect(events.slice(-3)).toEqual(['start bus', 'start ledger', 'start symbols']);
    expect(events.filter((event) => event === 'stop bus')).toHaveLength(1);
  });

  it('restarts once when a part fails because the part before it did', async () => {
    const { supervisor, take, lives, clock } = system();
    await supervisor.start();
    take();
    lives('ledger')[0]?.(new Error('lost'));
    lives('symbols')[0]?.(new Error('no ledger'));
    await clock.advance(1_000);
    await settled();
    expect(take()).toEqual(['stop symbols', 'stop ledger', 'start ledger', 'start symbols']);
    expect(supervisor.restarts).toBe(1);
  });

  it('backs off longer with every start that fails, then goes on with the parts behind', async () => {
    const { supervisor, take, startErrors, clock } = system();
    startErrors.set('ledger', [new Error('down'), new Error('down')]);
    const started = supervisor.start();
    await settled();
    expect(take()).toEqual(['start bus', 'fail ledger']);
    await clock.advance(75 + 150 - 40);
    expect(take()).toEqual(['fail ledger']);
    await clock.advance(100);
    await settled();
    await started;
    expect(take()).toEqual(['start ledger', 'start symbols']);
    expect(supervisor.restarts).toBe(2);
  });

  it('restarts a part that fails while one behind it cannot start because of that', async () => {
    const { supervisor, take, startErrors, lives, clock } = system();
    startErrors.set('symbols', [new Error('no ledger')]);
    const started = supervisor.start();
    await settled();
    lives('ledger')[0]?.(new Error('lost'));
    take();
    await clock.advance(75 + 150);
    await started;
    expect(take()).toEqual(['stop ledger', 'start ledger', 'start symbols']);
  });

  it('names the part that gave up, not the one that failed first', async () => {
    const { supervisor, givenUp, startErrors, fail, clock } = system();
    await supervisor.start();
    const unreadable = new TerminalError('a file cannot be read');
    startErrors.set('symbols', [unreadable]);
    await fail('ledger');
    await clock.advance(75);
    expect(givenUp).toEqual([{ part: 'symbols', error: unreadable }]);
  });

  it('restarts a part that fails before its own start has ended', async () => {
    const { supervisor, take, gates, lives, clock } = system();
    let open = (): void => {};
    gates.set('ledger', new Promise((resolve) => (open = resolve)));
    const started = supervisor.start();
    await settled();
    lives('ledger')[0]?.(new Error('lost at once'));
    open();
    await clock.advance(75);
    await started;
    expect(take()).toEqual(['start bus', 'start ledger', 'stop ledger', 'start ledger', 'start symbols']);
  });

  it('rejects the start at once when only a person can mend the failure', async () => {
    const { supervisor, take, startErrors, clock } = system();
    const wrong = new TerminalError('wrong password');
    startErrors.set('ledger', [wrong]);
    await expect(supervisor.start()).rejects.toBe(wrong);
    expect(clock.pending).toBe(0);
    await supervisor.stop();
    expect(take()).toEqual(['start bus', 'fail ledger', 'stop bus']);
  });

  it('gives up at once when a running part fails in a way only a person can mend', async () => {
    const { supervisor, givenUp, fail, clock } = system();
    await supervisor.start();
    const replaced = new TerminalError('another process has our name');
    await fail('ledger', replaced);
    expect(givenUp).toEqual([{ part: 'ledger', error: replaced }]);
    // Nothing is started any more, whatever else fails: whoever was told ends the process.
    await fail('bus');
    expect(clock.pending).toBe(0);
    expect(givenUp).toHaveLength(1);
  });

  it('rejects the start when a part keeps failing, naming the part and its last error', async () => {
    const { supervisor, startErrors, clock } = system();
    startErrors.set(
      'bus',
      Array.from({ length: 9 }, (_, attempt) => new Error(`attempt ${attempt + 1}`)),
    );
    const ended = expect(supervisor.start()).rejects.toThrow('bus failed 4 times in a row: attempt 4');
    await clock.advance(2_000);
    await ended;
  });

  it('gives up when a part keeps failing after its start', async () => {
    const { supervisor, givenUp, fail, clock } = system();
    await supervisor.start();
    for (let failure = 0; failure <= SETTINGS.restartsMax; failure += 1) {
      expect(givenUp).toEqual([]);
      await fail('symbols');
      await clock.advance(1_000);
    }
    expect(givenUp.map(({ part }) => part)).toEqual(['symbols']);
    expect(supervisor.restarts).toBe(SETTINGS.restartsMax);
  });

  it('stops at once during a back-off and starts nothing afterwards', async () => {
    const { supervisor, take, fail, clock } = system();
    await supervisor.start();
    await fail('ledger');
    take();
    const stopped = supervisor.stop();
    // No time passes: a stop does not wait for the end of a back-off.
    await clock.advance(0);
    await stopped;
    await clock.advance(10_000);
    expect(take()).toEqual(['stop bus']);
    expect(clock.pending).toBe(0);
  });

  it('stops during a start: calls it off, stops what had started, and starts nothing more', async () => {
    const { supervisor, take, gates } = system();
    gates.set('ledger', new Promise(() => {}));
    const started = supervisor.start();
    await settled();
    await Promise.all([started, supervisor.stop()]);
    expect(take()).toEqual(['start bus', 'start ledger', 'call off ledger', 'stop bus']);
  });

  it('calls a start off when a part before it fails, and holds that against nobody else', async () => {
    const { supervisor, take, gates, lives, clock } = system();
    gates.set('symbols', new Promise(() => {}));
    const started = supervisor.start();
    await settled();
    take();
    lives('ledger')[0]?.(new Error('lost'));
    gates.delete('symbols');
    await clock.advance(75);
    await started;
    expect(take()).toEqual(['call off symbols', 'stop ledger', 'start ledger', 'start symbols']);
    expect(supervisor.restarts).toBe(1);
  });

  it('waits for a server that is away however long it takes', async () => {
    const { supervisor, startErrors, clock } = system();
    const attempts = 50;
    startErrors.set(
      'ledger',
      Array.from({ length: attempts }, () => new RetryableError('no route to the database')),
    );
    const started = supervisor.start();
    await clock.advance(attempts * 1_000);
    await started;
    expect(supervisor.restarts).toBe(attempts);
  });

  it('gives up on authority that is lost again and again', async () => {
    const { supervisor, givenUp, fail, clock } = system();
    await supervisor.start();
    for (let failure = 0; failure <= OUTSIDE_SETTINGS.restartsMax; failure += 1) {
      expect(givenUp).toEqual([]);
      await fail('ledger', new FencedError('replaced'));
      await clock.advance(1_000);
    }
    expect(givenUp.map(({ part }) => part)).toEqual(['ledger']);
  });

  it('ignores a failure reported by a life that is over', async () => {
    const { supervisor, take, fail, lives, clock, log } = system();
    await supervisor.start();
    await fail('ledger');
    await clock.advance(1_000);
    await settled();
    take();
    const warnings = log.at('warn').length;
    for (const name of ['ledger', 'symbols']) lives(name)[0]?.(new Error('too late'));
    await clock.advance(1_000);
    expect(take()).toEqual([]);
    expect(log.at('warn')).toHaveLength(warnings);
    expect(supervisor.restarts).toBe(1);
  });

  it('counts a failure that one life reports twice once', async () => {
    const { supervisor, lives, clock } = system();
    await supervisor.start();
    lives('symbols')[0]?.(new Error('lost'));
    lives('symbols')[0]?.(new Error('lost'));
    await clock.advance(1_000);
    expect(supervisor.restarts).toBe(1);
  });

  it('ignores failures after the stop', async () => {
    const { supervisor, take, fail, clock, givenUp } = system();
    await supervisor.start();
    await supervisor.stop();
    take();
    await fail('bus', new TerminalError('closed'));
    await clock.advance(1_000);
    expect(take()).toEqual([]);
    expect(givenUp).toEqual([]);
  });

  it('stops the others when one does not stop cleanly, and says so', async () => {
    const { supervisor, take, stopErrors, log } = system();
    await supervisor.start();
    take();
    stopErrors.set('ledger', new Error('connection reset'));
    await supervisor.stop();
    expect(take()).toEqual(['stop symbols', 'stop ledger', 'stop bus']);
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: { part: 'ledger', error: 'connection reset' } }),
    );
  });
});

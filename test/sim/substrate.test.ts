/** The simulated world is what it says it is: otherwise a run proves nothing. */
import { describe, expect, it } from 'vitest';
import { RetryableError } from '../../protocol/errors.ts';
import type { GroupOutcome } from '../../protocol/ports/ledger.ts';
import { BusConnection } from './bus-connection.ts';
import { BusServer } from './bus-server.ts';
import { Dice } from './dice.ts';
import { FaultCounts } from './fault-counts.ts';
import { LedgerLink } from './ledger-link.ts';
import { SimProcess } from './sim-process.ts';
import { type BatchFate, SimWriter } from './sim-writer.ts';
import { SubjectPattern } from './subject-match.ts';
import { Timeline } from './timeline.ts';

function world() {
  const timeline = new Timeline();
  const server = new BusServer(timeline, new Dice('server'));
  const process = (name: string) => new SimProcess(name, timeline, new Dice(name));
  const connect = (of: SimProcess) => new BusConnection({ process: of, server, timeline, dice: new Dice(of.name) });
  return { timeline, server, process, connect };
}

describe('virtual time', () => {
  it('passes in order, and everything an event sets off has run before the next', async () => {
    const timeline = new Timeline();
    const seen: string[] = [];
    timeline.after(2, () => seen.push('later'));
    timeline.after(1, () => {
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => seen.push('promise'));
    });
    timeline.after(1, () => seen.push('same time, set later'));
    await timeline.advance(5);
    expect(seen).toEqual(['promise', 'same time, set later', 'later']);
    expect(timeline.nowMs).toBe(5);
  });
});

describe('a process', () => {
  it('hears nothing while it is frozen, everything when it goes on, and its monotonic clock went on', async () => {
    const { timeline, process } = world();
    const frozen = process('frozen');
    const heard: string[] = [];
    frozen.clock.after(10, () => heard.push('timer'));
    frozen.deliver(5, () => heard.push('message'));
    frozen.pause();
    await timeline.advance(100);
    expect(heard).toEqual([]);
    frozen.resume();
    await timeline.advance(0);
    expect(heard.toSorted()).toEqual(['message', 'timer']);
    expect(frozen.clock.monotonic()).toBe(100);
  });

  it('is gone after a crash', async () => {
    const { timeline, process } = world();
    const dead = process('dead');
    const heard: string[] = [];
    dead.clock.after(10, () => heard.push('timer'));
    dead.end();
    dead.deliver(5, () => heard.push('message'));
    await timeline.advance(100);
    expect(heard).toEqual([]);
  });
});

describe('the bus', () => {
  it.each([
    ['cp.symbol.*.fill', 'cp.symbol.KRW-BTC.fill', true],
    ['cp.symbol.KRW-BTC.*', 'cp.symbol.KRW-BTC', false],
    ['cp.event.>', 'cp.event.account.cash', true],
    ['cp.event.>', 'cp.event', false],
    ['cp.account.get', 'cp.account.get', true],
  ])('matches %s with %s: %s', (pattern, subject, expected) => {
    expect(new SubjectPattern(pattern).matches(subject)).toBe(expected);
  });

  it('carries requests, shares queue groups, and says when nobody listens', async () => {
    const { timeline, process, connect } = world();
    const [client, first, second] = [connect(process('a')), connect(process('b')), connect(process('c'))];
    const served: string[] = [];
    for (const [name, bus] of [
      ['first', first],
      ['second', second],
    ] as const) {
      bus.subscribe(
        'work',
        (message) => {
          served.push(name);
          message.respond('done');
        },
        'group',
      );
    }
    await timeline.advance(10);
    const answer = client.request('work', '', 100);
    const nobody = client.request('nothing', '', 100);
    const refused = expect(nobody).rejects.toThrow('nobody listens');
    await timeline.advance(10);
    expect(Buffer.from(await answer).toString()).toBe('done');
    await refused;
    expect(served).toHaveLength(1);
  });

  it('loses a connection and brings it back with its subscriptions', async () => {
    const { timeline, server, process, connect } = world();
    const bus = connect(process('a'));
    bus.subscribe('work', () => undefined);
    await timeline.advance(10);
    server.restart(100);
    expect([bus.connected, bus.connectedForMs, server.listeners('work')]).toEqual([false, 0, 0]);
    await timeline.advance(1_000);
    expect([bus.connected, server.listeners('work')]).toEqual([true, 1]);
    expect(bus.connectedForMs).toBeLessThan(1_000);
  });

  it('does not let the two sides of a split know of each other', async () => {
    const { timeline, server, process, connect } = world();
    const [near, far] = [connect(process('a')), connect(process('b'))];
    far.subscribe('work', (message) => message.respond('done'));
    await timeline.advance(10);
    server.splitOff([far]);
    const refused = expect(near.request('work', '', 100)).rejects.toThrow('nobody listens');
    await timeline.advance(200);
    await refused;
  });
});

describe('a writer connection', () => {
  function writer(fates: BatchFate[]) {
    const { timeline, process } = world();
    const link = new LedgerLink({ process: process('pod'), timeline, dice: new Dice(1), counts: new FaultCounts() });
    const landed: number[] = [];
    let lost = 0;
    const connection = new SimWriter({
      link,
      commit: async (groups) => {
        landed.push(groups.length);
        return groups.map((): GroupOutcome => ({ type: 'committed' }));
      },
      onLost: () => {
        lost += 1;
      },
      nextFate: () => fates.shift() ?? 'fine',
    });
    return { timeline, connection, landed, lost: () => lost };
  }
  const batch = (size: number) => Array.from({ length: size }, () => ({}) as never);

  it('answers in order', async () => {
    const { timeline, connection, landed } = writer([]);
    const answers: number[] = [];
    for (const size of [1, 2, 3]) void connection.commit(batch(size)).then((outcomes) => answers.push(outcomes.length));
    await timeline.advance(100);
    expect([landed, answers]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it.each([
    ['fails before', 0],
    ['fails after', 1],
    ['lands late', 1],
  ] as const)('that %s rejects this and every later commit, and %d of it lands', async (fate, landing) => {
    const { timeline, connection, landed, lost } = writer([fate]);
    const failed = expect(connection.commit(batch(1))).rejects.toBeInstanceOf(RetryableError);
    await timeline.advance(20_000);
    await failed;
    await expect(connection.commit(batch(1))).rejects.toBeInstanceOf(RetryableError);
    await timeline.advance(20_000);
    expect([landed.length, lost()]).toEqual([landing, 0]);
  });

  it('tells once that it was lost while nothing was on its way', async () => {
    const { timeline, connection, lost } = writer([]);
    connection.break();
    connection.break();
    await timeline.advance(100);
    expect(lost()).toBe(1);
  });
});

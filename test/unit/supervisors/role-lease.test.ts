/** The lease of a role whose ledger answers late: the role never begins beside its own life before. */
import { expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import type { RoleLease as LeaseAnswer } from '../../../protocol/ports/ownership.ts';
import { Subjects } from '../../../protocol/subjects.ts';
import { RoleLease } from '../../../supervisors/cluster/role-lease.ts';
import { FakeBusServer } from '../../support/fake-bus.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';
import { owner } from '../../support/ledger-groups.ts';
import { RecordingLog } from '../../support/recording-log.ts';

const HELD: LeaseAnswer = { held: true, epoch: 1, event: undefined };

it('does not begin again before what it began the last time is over', async () => {
  const clock = new FakeClock();
  const happened: string[] = [];
  const answers: ((answer: LeaseAnswer) => void)[] = [];
  let over = (): void => undefined;
  const lease = new RoleLease({
    name: 'collector',
    owner: owner('one'),
    ownership: {
      leaseSingleton: () => new Promise((resolve) => answers.push(resolve)),
      releaseSingleton: async () => undefined,
    },
    bus: new FakeBusServer(clock).connect(),
    subjects: new Subjects(),
    clock,
    log: new RecordingLog(),
    tell: () => undefined,
    begin: () => happened.push('begin'),
    end: () => {
      happened.push('end');
      return new Promise((resolve) => {
        over = () => {
          happened.push('over');
          resolve();
        };
      });
    },
  });
  void lease.start();
  await settled();
  answers.shift()?.(HELD);
  // The next answer comes when the process has ended the role by itself, and the row is still its own.
  await clock.advance(LIMITS.leaseTtlMs);
  expect(happened).toEqual(['begin', 'end']);
  answers.shift()?.(HELD);
  await settled();
  expect(happened).toEqual(['begin', 'end']);
  over();
  await settled();
  expect(happened).toEqual(['begin', 'end', 'over', 'begin']);
});

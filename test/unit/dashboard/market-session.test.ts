import { describe, expect, it } from 'vitest';
import { CommandSession } from '../../../gateway/dashboard/market/command-session.ts';
import type { Command, Store } from '../../../gateway/dashboard/store/types.ts';
import { SYMBOL } from './market-builders.ts';

type Reply = Awaited<ReturnType<Store['command']>>;

const TARGET = { target: 'symbol', symbol: SYMBOL, command: 'flatten' } as const;
const GIVEN = { reason: ' too risky ', by: ' Kim ' };
const refusal = (code: string): Reply => ({ ok: false, error: { code, message: 'no' } });

/** A session whose engine gives these answers, one after the other; an Error is an answer that never came. */
function sessionWith(...replies: (Reply | Error)[]) {
  const sent: Command[] = [];
  let ids = 0;
  const engine = {
    command: (command: Command): Promise<Reply> => {
      sent.push(command);
      const reply = replies.shift() ?? new Error('nobody answered');
      return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
    },
  };
  const newId = (): string => {
    ids += 1;
    return `id-${ids}`;
  };
  return { session: new CommandSession(engine, TARGET, newId), sent };
}

describe('a command from the dialog', () => {
  it('is sent once for two clicks, with what was given', async () => {
    const { session, sent } = sessionWith({ ok: true, mode: 'exiting' });
    await Promise.all([session.send(GIVEN), session.send(GIVEN)]);
    expect(sent).toEqual([{ ...TARGET, id: 'id-1', reason: 'too risky', by: 'Kim' }]);
    expect(session.phase.value).toMatchObject({ step: 'answered', answer: { tone: 'done' } });
  });

  it('repeats the same id while nobody knows the outcome, until somebody does', async () => {
    const { session, sent } = sessionWith(new Error('cut'), refusal('OUTCOME_UNKNOWN'), { ok: true, mode: 'flat' });
    await session.send(GIVEN);
    expect(session.phase.value).toMatchObject({ step: 'answered', answer: { tone: 'unknown', repeatable: true } });
    await session.sendAgain();
    await session.sendAgain();
    expect(sent.map(({ id }) => id)).toEqual(['id-1', 'id-1', 'id-1']);
    expect(new Set(sent.map((command) => JSON.stringify(command))).size).toBe(1);
    expect(session.phase.value).toMatchObject({ step: 'answered', answer: { tone: 'done' } });
  });

  it('cannot be changed while nobody knows its outcome: a second command might do it twice', async () => {
    const { session, sent } = sessionWith(new Error('cut'));
    await session.send(GIVEN);
    session.change();
    await session.send({ reason: 'other', by: 'Kim' });
    expect(session.phase.value.step).toBe('answered');
    expect(sent).toHaveLength(1);
  });

  it('is another command with another id when it was changed after a refusal', async () => {
    const { session, sent } = sessionWith(refusal('INVALID'), { ok: true, mode: 'flat' });
    await session.send(GIVEN);
    await session.sendAgain();
    session.change();
    expect(session.phase.value).toMatchObject({ step: 'asking', given: { reason: 'too risky', by: 'Kim' } });
    await session.send({ reason: 'better said', by: 'Kim' });
    expect(sent.map(({ id, reason }) => [id, reason])).toEqual([
      ['id-1', 'too risky'],
      ['id-2', 'better said'],
    ]);
  });
});

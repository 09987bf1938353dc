/** Group commit against a scripted port: what goes into a batch, in which order it is settled, and who hears of a failure. */
import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../ledger/group-commit.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { CommitGroup, CommitPort, CommitSource, GroupOutcome } from '../../protocol/ports/ledger.ts';
import { SymbolDraft } from '../support/ledger-groups.ts';

interface Call {
  /** `symbol:rows` of every group. */
  readonly batch: readonly string[];
  answer(outcomes?: readonly GroupOutcome[]): Promise<void>;
  reject(cause: unknown): Promise<void>;
}

/** Lets everything that is already decided happen. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

class ScriptedPort implements CommitPort {
  readonly calls: Call[] = [];

  commit(groups: readonly CommitGroup[]): Promise<readonly GroupOutcome[]> {
    return new Promise((resolve, reject) => {
      this.calls.push({
        batch: groups.map(({ symbol, rows }) => `${symbol}:${rows.length}`),
        answer: (outcomes = groups.map(() => ({ type: 'committed' }))) => {
          resolve(outcomes);
          return settled();
        },
        reject: (cause) => {
          reject(cause);
          return settled();
        },
      });
    });
  }

  get batches(): readonly (readonly string[])[] {
    return this.calls.map(({ batch }) => batch);
  }
}

/** A runner that has `pending` rows to send and notes what it hears. */
class ScriptedSource implements CommitSource {
  readonly heard: string[] = [];
  readonly #draft: SymbolDraft;
  readonly #log: string[];
  pending: number;
  throwsOn: 'take' | 'settle' | undefined;

  constructor(symbol: string, pending: number, log: string[] = []) {
    this.#draft = new SymbolDraft({ symbol, epoch: 1 });
    this.pending = pending;
    this.#log = log;
  }

  take(rowsMax: number): CommitGroup | undefined {
    if (this.throwsOn === 'take') throw new Error('broken take');
    const count = Math.min(rowsMax, this.pending);
    if (count === 0) return undefined;
    this.pending -= count;
    for (let row = 0; row < count; row += 1) this.#draft.note();
    return this.#draft.group();
  }

  settle(outcome: GroupOutcome): void {
    if (this.throwsOn === 'settle') throw new Error('broken settle');
    this.heard.push(outcome.type);
    this.#log.push(`${this.#draft.symbol} ${outcome.type}`);
  }

  lost(cause: unknown): void {
    this.heard.push(`lost: ${(cause as Error).message}`);
  }
}

function setUp(load?: { rows: number }) {
  const port = new ScriptedPort();
  const failures: unknown[] = [];
  const commit = new GroupCommit(port, (cause) => failures.push(cause), undefined, load);
  const call = (index: number): Call => {
    const found = port.calls[index];
    if (found === undefined) throw new Error(`there was no commit ${index}`);
    return found;
  };
  return { port, failures, commit, call };
}

describe('group commit', () => {
  it('sends what was announced in one turn together, without waiting for more', async () => {
    const { port, commit } = setUp();
    for (const name of ['A', 'B', 'C']) commit.dirty(new ScriptedSource(name, 1));
    await settled();
    expect(port.batches).toEqual([['A:1', 'B:1', 'C:1']]);
  });

  it('sends half of what is uncommitted at a time, so that answers are handled while the ledger works', async () => {
    const load = { rows: 10 };
    const { port, commit, call } = setUp(load);
    commit.dirty(new ScriptedSource('A', 9));
    commit.dirty(new ScriptedSource('B', 1));
    await settled();
    expect(port.batches).toEqual([['A:5'], ['B:1', 'A:4']]);
    commit.dirty(new ScriptedSource('C', 3));
    load.rows = 8;
    call(0).answer();
    await settled();
    expect(port.batches[2]).toEqual(['C:3']);
  });

  it('comes to rest when a source that announced something has nothing any more', async () => {
    const { port, commit } = setUp({ rows: 0 });
    commit.dirty(new ScriptedSource('A', 0));
    await settled();
    await commit.idle();
    expect(port.batches).toEqual([]);
  });

  it('gathers everything that comes while the writer is busy into the next batch', async () => {
    const { port, commit, call } = setUp();
    for (let filled = 0; filled < LIMITS.commitPipelineDepth; filled += 1) {
      commit.dirty(new ScriptedSource(`BUSY-${filled}`, 1));
      await settled();
    }
    for (const name of ['A', 'B', 'C']) {
      commit.dirty(new ScriptedSource(name, 2));
      await settled();
    }
    expect(port.calls).toHaveLength(LIMITS.commitPipelineDepth);
    await call(0).answer();
    expect(port.batches.at(-1)).toEqual(['A:2', 'B:2', 'C:2']);
    expect(port.calls).toHaveLength(LIMITS.commitPipelineDepth + 1);
  });

  it('has at most the allowed number of commits unanswered', async () => {
    const { port, commit, call } = setUp();
    commit.dirty(new ScriptedSource('A', 10 * LIMITS.commitRowsMax));
    await settled();
    for (let answered = 0; answered < 8; answered += 1) {
      expect(port.calls).toHaveLength(answered + LIMITS.commitPipelineDepth);
      await call(answered).answer();
    }
    expect(commit.stats).toEqual({ commits: 8, rows: 8 * LIMITS.commitRowsMax });
  });

  it('never sends more rows in a batch than it may', async () => {
    const { port, commit } = setUp();
    commit.dirty(new ScriptedSource('A', LIMITS.commitRowsMax - 1));
    commit.dirty(new ScriptedSource('B', 5));
    commit.dirty(new ScriptedSource('C', 5));
    await settled();
    expect(port.batches).toEqual([
      [`A:${LIMITS.commitRowsMax - 1}`, 'B:1'],
      ['C:5', 'B:4'],
    ]);
  });

  it('lets a source with more than fits wait behind the others', async () => {
    const { port, commit, call } = setUp();
    commit.dirty(new ScriptedSource('LOUD', 10 * LIMITS.commitRowsMax));
    await settled();
    const quiet = new ScriptedSource('QUIET', 1);
    commit.dirty(quiet);
    await settled();
    await call(0).answer();
    await call(1).answer();
    const firstWithQuiet = port.batches.findIndex((batch) => batch.includes('QUIET:1'));
    // The first batch after it was announced that had room: two were under way.
    expect(firstWithQuiet).toBe(LIMITS.commitPipelineDepth + 1);
    await call(2).answer();
    await call(3).answer();
    expect(quiet.heard).toEqual(['committed']);
  });

  it('settles in the order of sending, each source with its own outcome', async () => {
    const { commit, call } = setUp();
    const log: string[] = [];
    const [a, b] = [new ScriptedSource('A', 1, log), new ScriptedSource('B', 1, log)];
    commit.dirty(a);
    commit.dirty(b);
    await settled();
    a.pending = 1;
    commit.dirty(a);
    await settled();
    await call(0).answer([{ type: 'committed' }, { type: 'fenced' }]);
    await call(1).answer();
    expect(log).toEqual(['A committed', 'B fenced', 'A committed']);
    expect(commit.stats).toEqual({ commits: 2, rows: 2 });
  });

  it('sends nothing for a source that took its changes back', async () => {
    const { port, commit } = setUp();
    commit.dirty(new ScriptedSource('A', 0));
    await commit.idle();
    expect(port.batches).toEqual([]);
  });

  it('is idle once everything announced is answered', async () => {
    const { commit, call } = setUp();
    await commit.idle();
    commit.dirty(new ScriptedSource('A', 1));
    let idle = false;
    const waiting = commit.idle().then(() => {
      idle = true;
    });
    await settled();
    expect(idle).toBe(false);
    await call(0).answer();
    await waiting;
  });

  it('tells exactly the sources with something in flight, once, that its fate is unknown', async () => {
    const { failures, commit, call } = setUp();
    const [both, done, queued] = [
      new ScriptedSource('BOTH', 1),
      new ScriptedSource('DONE', 1),
      new ScriptedSource('QUEUED', 1),
    ];
    commit.dirty(done);
    await settled();
    await call(0).answer();
    for (let inFlight = 0; inFlight < LIMITS.commitPipelineDepth; inFlight += 1) {
      both.pending = 1;
      commit.dirty(both);
      await settled();
    }
    commit.dirty(queued);
    await settled();
    const waiting = commit.idle();
    await call(1).reject(new Error('connection lost'));
    await waiting;
    expect(both.heard).toEqual(['lost: connection lost']);
    expect(done.heard).toEqual(['committed']);
    expect(queued.heard).toEqual([]);
    expect(failures).toEqual([new Error('connection lost')]);
  });

  it('is finished after a failure: late answers and new changes change nothing', async () => {
    const { port, failures, commit, call } = setUp();
    const source = new ScriptedSource('A', 1);
    commit.dirty(source);
    await settled();
    commit.fail(new Error('fenced'));
    commit.fail(new Error('again'));
    await call(0).answer();
    source.pending = 1;
    commit.dirty(source);
    await settled();
    expect(source.heard).toEqual(['lost: fenced']);
    expect(port.calls).toHaveLength(1);
    expect(failures).toHaveLength(1);
  });

  it('fails when a port does not answer every group', async () => {
    const { failures, commit, call } = setUp();
    const source = new ScriptedSource('A', 1);
    commit.dirty(source);
    await settled();
    await call(0).answer([]);
    expect(source.heard).toEqual([expect.stringContaining('lost: invariant broken')]);
    expect(failures).toHaveLength(1);
  });

  it.each(['take', 'settle'] as const)('keeps a source that throws in %s from harming the others', async (where) => {
    const { failures, commit, call } = setUp();
    const [broken, fine] = [new ScriptedSource('BROKEN', 1), new ScriptedSource('FINE', 1)];
    broken.throwsOn = where;
    commit.dirty(broken);
    commit.dirty(fine);
    await settled();
    await call(0).answer();
    expect(broken.heard).toEqual([`lost: broken ${where}`]);
    expect(fine.heard).toEqual(['committed']);
    expect(failures).toEqual([]);
    await commit.idle();
  });
});

/**
 * Group commit: pulls what the runners have decided and sends it, up to a batch at a time, as soon as the writer is free.
 *
 * There is no linger timer: while a commit is on its way the next batch gathers by itself, so batches grow with load and
 * a lone change never waits. Sources are pulled at the moment of sending, so a runner can still take back what it has not
 * handed over. Batches are sent and settled in order; at most `commitPipelineDepth` are unanswered.
 *
 * A batch holds no more than half of what is uncommitted. Everything at once would leave nothing for the writer to do
 * while its answers are handled here, and nothing to handle while it works: two halves keep both busy.
 *
 * After a failed commit this object is finished: every source that had something in flight is told its fate is unknown.
 * A source that throws loses only its own changes (it is told so): the others of its batch are sent and settled.
 */

import { invariant } from '../domain/invariant.ts';
import { FencedError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { CommitGroup, CommitPort, CommitQueue, CommitSource, GroupOutcome } from '../protocol/ports/ledger.ts';

export interface GroupCommitStats {
  commits: number;
  rows: number;
}

/** Rows decided and not committed, queued or in flight. */
export interface CommitLoad {
  readonly rows: number;
}

export class GroupCommit implements CommitQueue {
  readonly #port: CommitPort;
  readonly #onFailed: (cause: unknown) => void;
  readonly #mayCommit: () => boolean;
  readonly #load: CommitLoad;
  readonly #dirty = new Set<CommitSource>();
  readonly #inFlight: CommitSource[][] = [];
  #pumpQueued = false;
  #failed = false;
  #idle: (() => void)[] = [];
  readonly stats: GroupCommitStats = { commits: 0, rows: 0 };

  /** `mayCommit` says whether the lease still holds; without it nothing is sent any more. */
  constructor(
    port: CommitPort,
    onFailed: (cause: unknown) => void,
    mayCommit: () => boolean = () => true,
    load: CommitLoad = { rows: Number.POSITIVE_INFINITY },
  ) {
    this.#load = load;
    this.#port = port;
    this.#onFailed = onFailed;
    this.#mayCommit = mayCommit;
  }

  dirty(source: CommitSource): void {
    if (this.#failed) return;
    this.#dirty.add(source);
    if (this.#pumpQueued) return;
    this.#pumpQueued = true;
    // After the current read of the socket: everything that arrived together is committed together.
    queueMicrotask(() => {
      this.#pumpQueued = false;
      this.#pump();
    });
  }

  /** Resolves when nothing is queued or in flight. */
  idle(): Promise<void> {
    if (this.#dirty.size === 0 && this.#inFlight.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Refuses everything from now on and reports what is in flight as lost; used when authority or connection is gone. */
  fail(cause: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#dirty.clear();
    const lost = new Set(this.#inFlight.splice(0).flat());
    for (const source of lost) source.lost(cause);
    this.#wakeIdle();
    this.#onFailed(cause);
  }

  #pump(): void {
    if (this.#dirty.size > 0 && !this.#mayCommit()) {
      this.fail(new FencedError('the lease of this Pod is over'));
      return;
    }
    while (!this.#failed && this.#dirty.size > 0 && this.#inFlight.length < LIMITS.commitPipelineDepth) {
      const sources: CommitSource[] = [];
      const groups: CommitGroup[] = [];
      let room = Math.min(LIMITS.commitRowsMax, Math.max(1, Math.ceil(this.#load.rows / 2)));
      // A copy: a source goes into a batch at most once, though it re-enters the line behind the others.
      for (const source of [...this.#dirty]) {
        if (room <= 0) break;
        this.#dirty.delete(source);
        const group = takeFrom(source, room);
        if (group === undefined) continue;
        this.#dirty.add(source);
        sources.push(source);
        groups.push(group);
        room -= group.rows.length;
      }
      if (groups.length === 0) break;
      this.#send(sources, groups);
    }
    this.#wakeIdle();
  }

  #send(sources: CommitSource[], groups: readonly CommitGroup[]): void {
    this.#inFlight.push(sources);
    this.#port
      .commit(groups)
      .then((outcomes) => this.#settle(sources, groups, outcomes))
      .catch((cause: unknown) => this.fail(cause));
  }

  #settle(sources: CommitSource[], groups: readonly CommitGroup[], outcomes: readonly GroupOutcome[]): void {
    if (this.#failed) return;
    invariant(this.#inFlight[0] === sources, 'commits are answered in the order they were sent');
    invariant(outcomes.length === groups.length, 'a commit answers every group');
    this.#inFlight.shift();
    this.stats.commits += 1;
    sources.forEach((source, index) => {
      const outcome = outcomes[index];
      const group = groups[index];
      invariant(outcome !== undefined && group !== undefined, 'a commit answers every group');
      if (outcome.type === 'committed') this.stats.rows += group.rows.length;
      settle(source, outcome);
    });
    this.#pump();
  }

  #wakeIdle(): void {
    if (this.#dirty.size > 0 || this.#inFlight.length > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function takeFrom(source: CommitSource, rowsMax: number): CommitGroup | undefined {
  try {
    return source.take(rowsMax);
  } catch (cause) {
    source.lost(cause);
    return undefined;
  }
}

function settle(source: CommitSource, outcome: GroupOutcome): void {
  try {
    source.settle(outcome);
  } catch (cause) {
    source.lost(cause);
  }
}

/**
 * Runs the turns of one symbol ahead of their commits, in order, and lets nothing out before it is durable (I2).
 *
 * Messages are handled at once, from a state that may not be committed yet. Each leaves an item in the log: its rows, its
 * reply, its effects. The group-commit writer takes rows from the log in order; when a group is answered, its items are
 * completed: reply, events, effects. A reply without rows (a read, a refusal) waits for the items before it, because it
 * may depend on them.
 *
 * When a commit says that it wrote nothing (known id, short cash, reservation gone), everything decided since is void: the
 * runner goes back to the last committed state and runs the same messages again with what the ledger said. Groups sent
 * after a void one carry a version the row will not have, so the ledger refuses them by itself.
 *
 * When the ledger says FENCED, or does not answer, this runner is over: its callers are told to send the same ids again,
 * and the symbol is rebuilt by a new claim.
 */
import { invariant } from '../../domain/invariant.ts';
import { type Reply, refuse } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { CommitGroup, CommitQueue, CommitSource, GroupOutcome, StoredRow } from '../../protocol/ports/ledger.ts';
import { groupOf, type LogItem } from './group.ts';
import { handle, type Surroundings } from './handle.ts';
import type { ModeValue } from './machine.ts';
import type { Envelope, SymbolMessage } from './messages.ts';
import type { Modes } from './modes.ts';
import { quietly } from './quiet.ts';
import { fillsReply } from './record-fills.ts';
import { RunnerMemory } from './runner-memory.ts';
import type { SymbolState } from './state.ts';
import { type Effect, type MarketNow, type SymbolSettings, Turn } from './turn.ts';

/** The actor, as its runner sees it: what turns are made from, and who hears what comes of them. */
export interface RunnerOwner extends Surroundings {
  readonly settings: SymbolSettings;
  readonly epoch: number;
  readonly modes: Modes;
  readonly marketNow: MarketNow;
  readonly ports: RunnerPorts;
  /** Carries out an effect of committed work. */
  perform(effect: Effect): void;
  /** Tells the world about committed rows. */
  onCommitted(rows: readonly StoredRow[]): void;
  /** Something was completed; there may be room or rest now. */
  onProgress(): void;
  /** This runner is over; `fenced` when the ledger said so, else the commit's outcome is unknown. */
  onOver(why: 'fenced' | 'lost', cause: unknown): void;
  /** A message that was run again failed. */
  onCrash(error: unknown, envelope: Envelope): void;
}

export interface RunnerPorts {
  readonly queue: CommitQueue;
  /** Uncommitted rows of the whole Pod; this runner adds its own. */
  readonly load: PodLoad;
}

export interface PodLoad {
  rows: number;
}

interface SentGroup {
  readonly items: readonly LogItem[];
  voided: boolean;
}

interface Committed {
  readonly state: SymbolState;
  readonly version: number;
  readonly modes: ModeValue;
}

const UNKNOWN = refuse('OUTCOME_UNKNOWN', 'the ledger did not answer: send the same command with the same id again');
const NONE: readonly never[] = [];

export class SymbolRunner implements CommitSource {
  readonly #owner: RunnerOwner;
  readonly #memory = new RunnerMemory();
  readonly #sent: SentGroup[] = [];
  /** Callers that wait for an order, by its id; made for the first of them. */
  #waiting: Map<string, Envelope[]> | undefined;
  #log: LogItem[] = [];
  /** How many items at the head of the log have been taken by the writer. */
  #taken = 0;
  #committed: Committed;
  #state: SymbolState;
  #version: number;
  #rows = 0;
  /** Messages of a second run that was cut short by a crash. */
  #unrun: readonly Envelope[] = NONE;
  /** Commits in a row that wrote nothing and let nothing be completed. */
  #rounds = 0;
  #over = false;

  constructor(owner: RunnerOwner, { state, version }: { readonly state: SymbolState; readonly version: number }) {
    this.#owner = owner;
    this.#state = state;
    this.#version = version;
    this.#committed = { state, version, modes: owner.modes.value };
  }

  /** Rows decided and not committed; a read that waits for them counts like one. */
  get uncommitted(): number {
    return Math.max(this.#rows, this.#log.length);
  }

  get idle(): boolean {
    return this.#log.length === 0;
  }

  /** The state decisions are made from at the moment, committed or not. */
  get state(): SymbolState {
    return this.#state;
  }

  get version(): number {
    return this.#version;
  }

  /** Takes the row the ledger holds under the id of the command that is handled next. */
  recall(row: StoredRow): void {
    this.#memory.known.set(row.id, row);
  }

  /** Handles a message. Throws when the handler does: then the actor is not to be used any more. */
  accept(envelope: Envelope): void {
    invariant(!this.#over, 'a runner that is over gets no messages');
    if (this.idle && this.#handleQuietly(envelope)) return;
    this.#run(envelope);
    this.#completeUnsent();
  }

  /** Replaces the state by one that follows from stored facts and from the market, with nothing uncommitted. */
  adopt(state: SymbolState): void {
    invariant(this.idle, 'a state is adopted while nothing is uncommitted');
    this.#state = state;
    this.#committed = { ...this.#committed, state };
  }

  /** Answers the callers that wait for this order. */
  answer(clientOrderId: string, reply: Reply): void {
    const waiting = this.#waiting?.get(clientOrderId) ?? NONE;
    this.#waiting?.delete(clientOrderId);
    for (const envelope of waiting) envelope.reply?.(reply);
  }

  /** Ends the runner: whoever waits is told to send the same command again. */
  end(reply: Reply): void {
    if (this.#over) return;
    this.#over = true;
    const inFlight = this.#log.slice(0, this.#taken).map((item) => item.envelope);
    const abandoned = [
      ...this.#log.slice(this.#taken).map((item) => item.envelope),
      ...this.#unrun,
      ...[...(this.#waiting?.values() ?? NONE)].flat(),
    ];
    this.#log = [];
    this.#countRows(-this.#rows);
    this.#waiting = undefined;
    for (const envelope of abandoned) {
      envelope.reply?.(reply);
      envelope.done?.();
    }
    // Their commit is on its way: it may land, and nobody will hear of it.
    for (const envelope of inFlight) {
      envelope.reply?.(UNKNOWN);
      envelope.done?.();
    }
  }

  take(rowsMax: number): CommitGroup | undefined {
    if (this.#over) return undefined;
    let end = this.#taken;
    let rows = 0;
    let day: string | undefined;
    for (; end < this.#log.length; end += 1) {
      const { turn } = this.#item(end);
      if (rows > 0 && rows + turn.rows.length > rowsMax) break;
      // The risk counters of a group belong to one day.
      if (day !== undefined && turn.risk !== null && turn.risk.day !== day) break;
      day ??= turn.risk?.day;
      rows += turn.rows.length;
    }
    if (rows === 0) return undefined;
    const items = this.#log.slice(this.#taken, end);
    const before = this.#taken === 0 ? this.#committed.version : this.#item(this.#taken - 1).turn.version;
    this.#taken = end;
    this.#sent.push({ items, voided: false });
    return groupOf(this.#owner.settings.symbol, this.#owner.epoch, before, items);
  }

  settle(outcome: GroupOutcome): void {
    const group = this.#sent.shift();
    invariant(group !== undefined, 'an outcome answers a group that was taken');
    if (this.#over) return;
    if (group.voided) {
      invariant(outcome.type !== 'committed', 'a group decided on void state is never committed');
      return;
    }
    switch (outcome.type) {
      case 'committed':
        this.#complete(group.items);
        break;
      case 'fenced':
        this.#finish('fenced', refuse('FENCED', 'this Pod lost the symbol: send the same command again'));
        return;
      case 'duplicate':
      case 'insufficient':
      case 'refused':
        this.#memory.learn(outcome);
        this.#runAgain();
        break;
    }
    this.#completeUnsent();
    this.#owner.onProgress();
  }

  lost(cause: unknown): void {
    this.#sent.length = 0;
    this.#finish(
      'lost',
      refuse('UNAVAILABLE', 'the ledger was lost: send the same command with the same id again'),
      cause,
    );
  }

  #finish(why: 'fenced' | 'lost', reply: Reply, cause?: unknown): void {
    if (this.#over) return;
    this.end(reply);
    this.#owner.onOver(why, cause);
  }

  #countRows(change: number): void {
    this.#rows += change;
    this.#owner.ports.load.rows += change;
  }

  #item(index: number): LogItem {
    const item = this.#log[index];
    invariant(item !== undefined, 'a log index is in range');
    return item;
  }

  /** True when the message recorded nothing: then it needs no turn, and nothing waits for it. */
  #handleQuietly({ message, done }: Envelope): boolean {
    const { settings, modes } = this.#owner;
    const quiet = quietly(message, this.#state, settings.preset, modes);
    if (quiet === undefined) return false;
    if (quiet.state !== this.#state) this.adopt(quiet.state);
    if (quiet.funnelKey !== undefined) this.#owner.perform({ type: 'count', funnelKey: quiet.funnelKey });
    done?.();
    return true;
  }

  #run(envelope: Envelope): void {
    const { settings, modes, marketNow, ports } = this.#owner;
    const turn = new Turn({
      settings,
      modes,
      market: marketNow,
      receivedAt: envelope.receivedAt,
      state: this.#state,
      version: this.#version,
      memory: this.#memory,
    });
    handle(turn, envelope.message, this.#owner);
    this.#state = turn.state;
    this.#version = turn.version;
    this.#countRows(turn.rows.length);
    this.#log.push({ envelope, turn, modes: modes.value });
    if (turn.rows.length > 0) ports.queue.dirty(this);
  }

  /** Items without rows at the head of the log depend on nothing that is not committed. */
  #completeUnsent(): void {
    if (this.#taken > 0) return;
    let ready = 0;
    while (this.#log[ready]?.turn.rows.length === 0) ready += 1;
    if (ready > 0) this.#finishItems(this.#log.slice(0, ready));
  }

  #complete(items: readonly LogItem[]): void {
    this.#taken -= items.length;
    this.#finishItems(items);
  }

  /** The items are durable: make them the committed state, then let out what they promised. */
  #finishItems(items: readonly LogItem[]): void {
    this.#log = this.#log.slice(items.length);
    const last = items[items.length - 1];
    invariant(last !== undefined, 'a completed group has items');
    this.#rounds = 0;
    this.#committed = { state: last.turn.state, version: last.turn.version, modes: last.modes };
    for (const { turn } of items) {
      this.#countRows(-turn.rows.length);
      this.#memory.committed(turn.rows);
    }
    if (this.#memory.knowsRows) for (const { envelope } of items) this.#memory.forget(commandIds(envelope.message));
    if (this.#log.length === 0) this.#memory.forgetAll();
    for (const { envelope, turn } of items) this.#letOut(envelope, turn);
  }

  #letOut(envelope: Envelope, turn: Turn): void {
    if (turn.awaits !== undefined) {
      this.#waiting ??= new Map();
      const waiting = this.#waiting.get(turn.awaits);
      if (waiting === undefined) this.#waiting.set(turn.awaits, [envelope]);
      else waiting.push(envelope);
    } else if (envelope.reply !== undefined) {
      const reply = turn.recorded === undefined ? turn.reply : fillsReply(turn.recorded);
      if (reply !== undefined) envelope.reply(reply);
    }
    if (turn.rows.length > 0) this.#owner.onCommitted(turn.rows);
    for (const effect of turn.effects) {
      if (effect.type === 'answer') this.answer(effect.clientOrderId, effect.reply);
      else this.#owner.perform(effect);
    }
    envelope.done?.();
  }

  /** Back to the last committed state, and the same messages again. */
  #runAgain(): void {
    this.#rounds += 1;
    // Every round learns something the next one knows; one that learns nothing would go on for ever.
    invariant(this.#rounds <= LIMITS.voidCommitsMax, 'what the ledger said about void commits is used');
    for (const group of this.#sent) group.voided = true;
    const messages = this.#log.map((item) => item.envelope);
    this.#log = [];
    this.#taken = 0;
    this.#countRows(-this.#rows);
    this.#memory.drop();
    this.#state = this.#committed.state;
    this.#version = this.#committed.version;
    this.#owner.modes.reset(this.#committed.modes);
    for (const [index, envelope] of messages.entries()) {
      try {
        this.#run(envelope);
      } catch (error) {
        this.#unrun = messages.slice(index + 1);
        this.#owner.onCrash(error, envelope);
        return;
      }
    }
    this.#memory.forgetAccount();
  }
}

function commandIds(message: SymbolMessage): readonly string[] {
  if (message.type === 'fill') return message.items.flatMap((item) => ('id' in item ? [item.id] : []));
  return 'request' in message ? [message.request.id] : [];
}

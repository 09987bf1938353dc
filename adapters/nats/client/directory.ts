/**
 * Which symbols and Pods the cluster knows. Asked only when nobody listens for a name: an owner that moves is worth waiting
 * for, a typing error is not. While owners move many callers ask at once, so the list is asked for once a second at most,
 * and a name seen lately counts as known without asking.
 */
import { isSymbol } from '../../../domain/instrument.ts';
import { type ErrorReply, type Reply, refuse } from '../../../protocol/errors.ts';
import type { Clock } from '../../../protocol/ports/clock.ts';
import type { TimerWheel } from './timer-wheel.ts';

export type NameKind = 'symbol' | 'pod';

export interface DirectoryPorts {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  /** Asks `cp.cluster.symbols` once; undefined when there is no answer within `timeoutMs`. */
  readonly ask: (timeoutMs: number, done: (reply: Reply | undefined) => void) => void;
}

const ASK_TIMEOUT_MS = 1_000;
const ASK_PAUSE_MS = 1_000;
const KNOWN_MS = 10_000;
const NAMES_SHOWN_MAX = 20;

interface Listing {
  readonly askedAt: number;
  readonly symbol: ReadonlySet<string>;
  readonly pod: ReadonlySet<string>;
}

interface Question {
  readonly kind: NameKind;
  readonly name: string;
  readonly since: number;
  readonly done: (missing: ErrorReply | undefined) => void;
}

export class Directory {
  readonly #ports: DirectoryPorts;
  #listing: Listing | undefined;
  #questions: Question[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  constructor(ports: DirectoryPorts) {
    this.#ports = ports;
  }

  /**
   * Calls back once: NOT_FOUND when a list asked for after `since` (monotonic) lacks the name, undefined when it is known or
   * nobody can say. Older lists never deny a name: it may have been added in between.
   */
  lookUp(kind: NameKind, name: string, since: number, done: Question['done']): void {
    this.#questions.push({ kind, name, since, done });
    this.#answerFromListing();
    this.#askInTime();
  }

  #answerFromListing(): void {
    const listing = this.#listing;
    if (listing === undefined) return;
    const isRecent = this.#ports.clock.monotonic() - listing.askedAt < KNOWN_MS;
    const questions = this.#questions;
    this.#questions = [];
    for (const question of questions) {
      const { kind, name, since, done } = question;
      const isKnown = listing[kind].has(name);
      if (listing.askedAt >= since) done(isKnown ? undefined : missing(kind, name, listing));
      else if (isKnown && isRecent) done(undefined);
      else this.#questions.push(question);
    }
  }

  #askInTime(): void {
    if (this.#isAsking || this.#questions.length === 0) return;
    this.#isAsking = true;
    const waitMs = this.#askedAt + ASK_PAUSE_MS - this.#ports.clock.monotonic();
    if (waitMs > 0) this.#ports.wheel.after(waitMs, { onTime: () => this.#ask() });
    else this.#ask();
  }

  #ask(): void {
    const askedAt = this.#ports.clock.monotonic();
    this.#askedAt = askedAt;
    this.#ports.ask(ASK_TIMEOUT_MS, (reply) => {
      this.#isAsking = false;
      if (reply?.ok === true) {
        this.#listing = { askedAt, symbol: namesIn(reply.symbols, 'symbol'), pod: namesIn(reply.pods, 'pod') };
        this.#answerFromListing();
        this.#askInTime();
        return;
      }
      // Nobody answers for the cluster either: it may be starting. Who still waits then asks again.
      for (const { done } of this.#questions.splice(0)) done(undefined);
    });
  }
}

function namesIn(rows: unknown, field: NameKind): Set<string> {
  const names = new Set<string>();
  for (const row of Array.isArray(rows) ? (rows as unknown[]) : []) {
    const name =
      typeof row === 'object' && row !== null ? (row as Readonly<Record<string, unknown>>)[field] : undefined;
    if (typeof name === 'string') names.add(name);
  }
  return names;
}

function missing(kind: NameKind, name: string, listing: Listing): ErrorReply {
  const known = [...listing[kind]];
  const shown = known.length > NAMES_SHOWN_MAX ? [...known.slice(0, NAMES_SHOWN_MAX), '…'] : known;
  const list = known.length === 0 ? `no ${kind} is known yet` : `there are ${shown.join(', ')}`;
  const hint = kind === 'symbol' && isSymbol(name) ? `. Add it with \`coinpilot ctl cluster add ${name}\`.` : '';
  const title = kind === 'symbol' ? 'symbol' : 'Pod';
  return refuse('NOT_FOUND', `there is no ${title} ${name}; ${list}${hint}`, { [`${kind}s`]: known });
}

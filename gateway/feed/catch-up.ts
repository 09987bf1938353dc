/**
 * Takes clients from where they are to the present of a channel. Who waits is served at one synchronous moment: what was
 * read, what was published since, `live`, and from then on the topic; nothing is published in between, so nothing is missed
 * or doubled. One read serves all who wait for it. A client may leave, come again or vanish at any time: only who still
 * waits at that moment is served.
 */
import { type Clock, sleep } from '../../protocol/ports/clock.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { backoffMs } from './bounds.ts';
import { messageOf } from './ledger-reads.ts';
import { errorText, liveText } from './messages.ts';
import type { FeedSession, FeedSocket } from './session.ts';

/** Messages for a client that has everything up to `since` (undefined: nothing), if this reading is enough for it. */
export type Reading = (since: number | undefined) => readonly string[] | undefined;

export interface CatchUpSource {
  /** The channel. */
  readonly name: string;
  /** The seq of the last event published. */
  readonly seq: number;
  /** Makes sure that events are published from now on. False: there is no such channel. */
  ready(): Promise<boolean>;
  /** What needs no read. */
  readonly remembered: Reading;
  /** Whether events from `since` on may be read; otherwise a snapshot is. */
  mayReplay(since: number): boolean;
  replay(since: number): Promise<Reading>;
  snapshot(): Promise<Reading>;
  /** What is sent when everything has been caught up: the newest state, the last price. */
  extras(): readonly string[];
  /** From now on this client hears what is published, or does not any more. */
  join(socket: FeedSocket): void;
  leave(socket: FeedSocket): void;
  /** Somebody catches up, or nobody any more. */
  catchingUp(isCatchingUp: boolean): void;
  /** There is no such channel: this client is told, and does not watch it any more. */
  turnedAway(socket: FeedSocket): void;
}

interface Waiter {
  readonly socket: FeedSocket;
  readonly since: number | undefined;
  /** It knows that it has to wait. */
  isTold: boolean;
}

export class CatchUp {
  readonly #source: CatchUpSource;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #waiting = new Map<FeedSession, Waiter>();
  #isRunning = false;
  #isClosed = false;

  constructor(source: CatchUpSource, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
  }

  has(session: FeedSession): boolean {
    return this.#waiting.has(session);
  }

  /** From `since` on (undefined: from a snapshot), at once when memory reaches back; replaces what it waited for. */
  add(socket: FeedSocket, since: number | undefined): void {
    const messages = this.#source.remembered(since);
    if (messages !== undefined) {
      this.#waiting.delete(socket.data);
      this.#admit(socket, messages);
      return;
    }
    // Otherwise it would hear what is new before what it asked for.
    this.#source.leave(socket);
    this.#waiting.set(socket.data, { socket, since, isTold: false });
    if (!this.#isRunning) void this.#run();
  }

  /** True when it waited: it had not joined. */
  remove(session: FeedSession): boolean {
    return this.#waiting.delete(session);
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
  }

  async #run(): Promise<void> {
    const source = this.#source;
    this.#isRunning = true;
    source.catchingUp(true);
    let failures = 0;
    while (this.#waiting.size > 0 && !this.#isClosed) {
      const before = this.#waiting.size;
      try {
        if (await source.ready()) {
          await this.#round();
          failures = this.#waiting.size < before ? 0 : failures + 1;
        } else this.#turnAway();
      } catch (error) {
        failures += 1;
        if (failures === 1) {
          this.#log.warn({ channel: source.name, error: messageOf(error) }, 'clients of the feed have to wait');
        }
        this.#tellToWait();
      }
      if (failures > 0 && this.#waiting.size > 0) await sleep(this.#clock, backoffMs(failures));
    }
    source.catchingUp(false);
    this.#isRunning = false;
  }

  /** At most one replay from the earliest row that somebody needs, and one snapshot. */
  async #round(): Promise<void> {
    const source = this.#source;
    this.#serve(source.remembered);
    let earliest: number | undefined;
    for (const { since } of this.#waiting.values()) {
      if (since !== undefined && source.mayReplay(since)) earliest = Math.min(since, earliest ?? since);
    }
    if (earliest !== undefined) this.#serve(await source.replay(earliest));
    for (const { since } of this.#waiting.values()) {
      if (since !== undefined && source.mayReplay(since)) continue;
      const reading = await source.snapshot();
      this.#serve((from) => (from === undefined || !source.mayReplay(from) ? reading(undefined) : undefined));
      return;
    }
  }

  #serve(reading: Reading): void {
    // Those who need the same get the same texts.
    const known = new Map<number | undefined, readonly string[] | undefined>();
    for (const [session, { socket, since }] of this.#waiting) {
      if (!known.has(since)) known.set(since, reading(since));
      const messages = known.get(since);
      if (messages === undefined) continue;
      this.#waiting.delete(session);
      this.#admit(socket, messages);
    }
  }

  #admit(socket: FeedSocket, messages: readonly string[]): void {
    const { name, seq } = this.#source;
    socket.cork(() => {
      // What is not sent because the client reads too slowly, a snapshot makes up for when it has read.
      for (const message of messages) if (!socket.send(message)) return;
      if (!socket.send(liveText(name, seq))) return;
      for (const message of this.#source.extras()) if (!socket.send(message)) return;
    });
    if (!socket.data.isClosed) this.#source.join(socket);
  }

  #turnAway(): void {
    for (const [session, { socket }] of this.#waiting) {
      this.#waiting.delete(session);
      this.#source.turnedAway(socket);
    }
  }

  #tellToWait(): void {
    const { name } = this.#source;
    for (const waiter of this.#waiting.values()) {
      if (waiter.isTold) continue;
      waiter.isTold = true;
      waiter.socket.send(errorText('UNAVAILABLE', 'the ledger can not be read at the moment: wait', name));
    }
  }
}

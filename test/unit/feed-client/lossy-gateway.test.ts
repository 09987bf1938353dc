/**
 * Against a gateway and a network that lose, double and reorder whatever they like, and end connections in the middle of
 * anything: every subscriber ends with exactly the journal. The gateway is a model, and it shares no code with the client.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeedMessage } from '../../../gateway/client/index.ts';
import type { FeedRequest } from '../../../protocol/feed.ts';
import { mulberry32 } from '../../support/seeded.ts';
import {
  BTC,
  event,
  HEARTBEAT_MS,
  live,
  type Scene,
  type ScriptedSocket,
  scene,
  snapshot,
} from './scripted-gateway.ts';

/** Rows a `since` may lie behind; further back it is answered by a snapshot. */
const REPLAY_MAX = 12;

/** One row after another, and what of them reaches the newest connection. */
class LossyGateway {
  head = 0;
  faulty = true;
  readonly #set: Scene;
  readonly #chance: () => number;
  #socket: ScriptedSocket | undefined;
  #isSubscribed = false;

  constructor(set: Scene, chance: () => number) {
    this.#set = set;
    this.#chance = chance;
  }

  /** Lets a client that waits for it in; true when there was one. */
  admit(): void {
    const socket = this.#set.socket();
    if (socket === this.#socket || socket.closedByClient) return;
    this.#socket = socket;
    this.#isSubscribed = false;
    socket.onRequest((request) => this.#answer(socket, request));
    socket.hello();
  }

  append(): void {
    this.head += 1;
    if (this.#isSubscribed) this.#deliver([event(this.head)]);
  }

  end(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isSubscribed = false;
    socket?.end();
  }

  heartbeat(): void {
    this.#socket?.say({ type: 'heartbeat', at: '' });
  }

  /** What a gateway does for one that reads too slowly. */
  resync(): void {
    if (this.#isSubscribed) this.#deliver([snapshot(this.head), live(this.head)]);
  }

  #answer(socket: ScriptedSocket, request: FeedRequest): void {
    if (socket !== this.#socket || request.op === 'ping') return;
    if (request.op === 'unsubscribe') {
      this.#isSubscribed = false;
      return;
    }
    const since = request.since?.[BTC];
    // Like the real one: a subscription that stands is not answered by a snapshot again.
    if (since === undefined && this.#isSubscribed) this.#deliver([live(this.head)]);
    else if (since === undefined || this.head - since > REPLAY_MAX) {
      this.#deliver([snapshot(this.head), live(this.head)]);
    } else {
      const rows = Array.from({ length: this.head - since }, (_, index) => event(since + 1 + index));
      this.#deliver([...rows, live(this.head)]);
    }
    this.#isSubscribed = true;
  }

  #deliver(messages: readonly FeedMessage[]): void {
    const socket = this.#socket;
    const sent = this.faulty ? this.#spoil(messages) : messages;
    for (const message of sent) {
      if (this.faulty && this.#chance() < 0.03) this.end();
      if (socket !== this.#socket) return;
      socket?.say(message);
    }
  }

  #spoil(messages: readonly FeedMessage[]): FeedMessage[] {
    const spoiled = messages.flatMap((message) => {
      const chance = this.#chance();
      return chance < 0.1 ? [] : chance < 0.2 ? [message, message] : [message];
    });
    if (this.#chance() < 0.2 && spoiled.length > 1) spoiled.push(spoiled.shift() as FeedMessage);
    return spoiled;
  }
}

/** Follows a channel the way a page does, and notes whatever is not next. */
class Follower {
  seq: number | undefined;
  readonly wrong: string[] = [];

  constructor({ feed }: Scene) {
    feed.subscribe(BTC, {
      snapshot: ({ seq }) => {
        this.seq = seq;
      },
      event: ({ seq }) => {
        if (seq !== (this.seq ?? Number.NaN) + 1) this.wrong.push(`${seq} after ${this.seq}`);
        this.seq = seq;
      },
    });
  }
}

describe('whatever is lost, doubled or reordered', () => {
  it('every subscriber hears each row once and in order, and in the end has them all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const chance = mulberry32(seed);
        const set = scene({ random: { next: chance } });
        const gateway = new LossyGateway(set, chance);
        const followers = [new Follower(set)];
        for (let step = 0; step < 120; step += 1) {
          const what = chance();
          if (what < 0.6) gateway.append();
          else if (what < 0.7) gateway.admit();
          else if (what < 0.73) gateway.end();
          else if (what < 0.76) gateway.resync();
          else if (what < 0.78 && followers.length < 4) followers.push(new Follower(set));
          else if (what < 0.9) await set.clock.advance(chance() * 1_000);
          else if (what < 0.92) set.feed.reconnect();
          else await set.clock.advance(0);
        }
        gateway.faulty = false;
        for (let beat = 0; beat < 8; beat += 1) {
          gateway.admit();
          gateway.heartbeat();
          await set.clock.advance(HEARTBEAT_MS);
        }
        gateway.append();
        await set.clock.advance(HEARTBEAT_MS);
        set.feed.close();
        expect(set.errors).toEqual([]);
        expect(followers.map(({ seq, wrong }) => ({ seq, wrong }))).toEqual(
          followers.map(() => ({ seq: gateway.head, wrong: [] })),
        );
      }),
      { numRuns: 150 },
    );
  });
});

/** The feed as shipped: its hub on its live server. Events and trades enter by the bus. */
import { FeedHub } from '../../../gateway/feed/feed-hub.ts';
import { FeedSession } from '../../../gateway/feed/session.ts';
import type { LiveServer } from '../../../gateway/live-server.ts';
import { type LiveServerKind, openLiveServer } from '../../../gateway/open-live-server.ts';
import { eventJson } from '../../../protocol/event.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Log } from '../../../protocol/ports/log.ts';
import { Subjects } from '../../../protocol/subjects.ts';
import { FakeBusServer } from '../../../test/support/fake-bus.ts';
import { messageNumber } from '../message-number.ts';
import { type FanOut, SYMBOL } from './fan-out.ts';
import { HeldClock } from './held-clock.ts';
import { makeRow, type RowKind } from './make-row.ts';
import { QuietLedger } from './quiet-ledger.ts';
import type { SentLog } from './sent-log.ts';

/** Longer than a run: what is silent between two slices has nothing to prove. */
const IDLE_SECONDS_MAX = 960;
const NOT_FOUND = { status: 404, headers: {}, body: '' };

const log: Log = { debug() {}, info() {}, warn: print, error: print };
const subjects = new Subjects();

export class HubFanOut implements FanOut {
  readonly #clock: HeldClock;
  readonly #hub: FeedHub;
  readonly #server: LiveServer;
  readonly #ledger: QuietLedger;
  readonly #busServer: FakeBusServer;
  readonly #engine: ReturnType<FakeBusServer['connect']>;
  #seq = 0;

  private constructor(parts: Parts, server: LiveServer) {
    this.#clock = parts.clock;
    this.#hub = parts.hub;
    this.#ledger = parts.ledger;
    this.#busServer = parts.busServer;
    this.#engine = parts.busServer.connect();
    this.#server = server;
  }

  static async open(prefer: LiveServerKind, sent: SentLog): Promise<FanOut> {
    const clock = new HeldClock();
    const ledger = new QuietLedger(SYMBOL);
    const busServer = new FakeBusServer(clock);
    const hub = new FeedHub({ reader: ledger, bus: busServer.connect(), subjects, clock, log });
    const server = await openLiveServer<FeedSession>(
      {
        host: '127.0.0.1',
        port: 0,
        prefer,
        handlers: {
          ...hub.handlers,
          http: () => NOT_FOUND,
          upgrade: () => ({ admitted: true, data: new FeedSession() }),
        },
        messageBytesMax: LIMITS.feedMessageBytesMax,
        bodyBytesMax: LIMITS.httpBodyBytesMax,
        bufferedBytesMax: LIMITS.feedBufferedBytesMax,
        idleSecondsMax: IDLE_SECONDS_MAX,
        socketsMax: LIMITS.feedClientsMax,
      },
      log,
    );
    hub.start({
      publish: (topic, text) => {
        const number = messageNumber(text);
        if (!Number.isNaN(number)) sent.note(number, topic);
        server.publish(topic, text);
      },
    });
    return new HubFanOut({ clock, ledger, busServer, hub }, server);
  }

  get port(): number {
    return this.#server.port;
  }

  get library(): string {
    return this.#server.kind;
  }

  get dropped(): number {
    return this.#server.stats.dropped;
  }

  get resyncs(): number {
    return this.#hub.stats.resyncs;
  }

  event(kind: RowKind): void {
    this.#seq += 1;
    const seq = this.#seq;
    this.#engine.publish(subjects.event(SYMBOL, kind), eventJson(makeRow(seq, kind)));
    // The bus delivers in a microtask; a head is polled, and never ahead of it here.
    queueMicrotask(() => {
      this.#ledger.seq = seq;
    });
  }

  trade(number: number): void {
    const at = new Date().toISOString();
    const trade = { symbol: SYMBOL, tradeId: `${number}`, price: `${number}`, quantity: '0.01', at };
    this.#engine.publish(subjects.market(SYMBOL, 'trade'), JSON.stringify(trade));
  }

  wake(): void {
    this.#clock.go();
  }

  rest(): void {
    this.#clock.hold();
    // The bus of the tests remembers everything.
    this.#busServer.published.length = 0;
    this.#busServer.requested.length = 0;
  }
}

interface Parts {
  readonly clock: HeldClock;
  readonly hub: FeedHub;
  readonly ledger: QuietLedger;
  readonly busServer: FakeBusServer;
}

function print(fields: Readonly<Record<string, unknown>>, message: string): void {
  console.warn(`feed: ${message} ${JSON.stringify(fields)}`);
}

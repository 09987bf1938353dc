/** What a team writes first: a `ws` server, and a loop over its clients that sends each of them the message. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { eventJson } from '../../../protocol/event.ts';
import { FEED_PATH } from '../../../protocol/feed.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { CHANNEL, type FanOut } from './fan-out.ts';
import { makeRow, type RowKind } from './make-row.ts';
import type { SentLog } from './sent-log.ts';

const LIVE = JSON.stringify({ type: 'live', channel: CHANNEL, seq: 0 });

export interface LoopOptions {
  readonly sent: SentLog;
  /** The text of a message is made once for all clients, and not once for each: the first thing one improves. */
  readonly isTextShared: boolean;
}

export class LoopFanOut implements FanOut {
  readonly library = 'ws';
  /** It drops nothing and knows no snapshots. */
  readonly dropped = 0;
  readonly resyncs = 0;
  readonly #server: WebSocketServer;
  readonly #options: LoopOptions;
  #seq = 0;
  /** Not told yet. */
  #traded: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(server: WebSocketServer, options: LoopOptions) {
    this.#server = server;
    this.#options = options;
    server.on('connection', (client) => {
      client.on('error', () => client.terminate());
      client.on('message', () => client.send(LIVE));
    });
  }

  static async open(options: LoopOptions): Promise<FanOut> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: FEED_PATH });
    await once(server, 'listening');
    return new LoopFanOut(server, options);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  event(kind: RowKind): void {
    this.#seq += 1;
    const event = JSON.parse(eventJson(makeRow(this.#seq, kind))) as object;
    this.#sendAll(this.#seq, { type: 'event', channel: CHANNEL, ...event });
  }

  trade(number: number): void {
    this.#traded = number;
  }

  wake(): void {
    this.#timer ??= setInterval(() => this.#tick(), LIMITS.feedTickIntervalMs);
  }

  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const number = this.#traded;
    if (number === undefined) return;
    this.#traded = undefined;
    const at = new Date().toISOString();
    this.#sendAll(number, { type: 'tick', channel: CHANNEL, price: `${number}`, at });
  }

  #sendAll(number: number, message: object): void {
    this.#options.sent.note(number, CHANNEL);
    if (this.#options.isTextShared) {
      const text = JSON.stringify(message);
      for (const client of this.#server.clients) client.send(text);
    } else {
      for (const client of this.#server.clients) client.send(JSON.stringify(message));
    }
  }
}

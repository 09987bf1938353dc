/** A feed hub in a world of fakes: a ledger, a bus, clients, and a clock that moves when told. */
import { FeedHub } from '../../gateway/feed/feed-hub.ts';
import { FeedSession } from '../../gateway/feed/session.ts';
import { eventJson } from '../../protocol/event.ts';
import type { FeedMessage } from '../../protocol/feed.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import { type EventKind, Subjects } from '../../protocol/subjects.ts';
import { type FakeBus, FakeBusServer } from './fake-bus.ts';
import { FakeClock } from './fake-clock.ts';
import { FeedLedger } from './feed-ledger.ts';
import { FakeLiveServer, type FakeLiveSocket } from './feed-server.ts';
import { RecordingLog } from './recording-log.ts';

export const BTC = 'KRW-BTC';
export const ETH = 'KRW-ETH';

export type TestSocket = FakeLiveSocket<FeedSession>;

export class FeedWorld {
  readonly clock = new FakeClock();
  readonly log = new RecordingLog();
  readonly busServer = new FakeBusServer(this.clock);
  /** The engine's connection to the bus. */
  readonly engine: FakeBus = this.busServer.connect();
  readonly subjects = new Subjects();
  readonly ledger = new FeedLedger(this.clock, [BTC, ETH]);
  bus!: FakeBus;
  hub!: FeedHub;
  server!: FakeLiveServer<FeedSession>;
  readonly #bufferedBytesMax: number;

  constructor(bufferedBytesMax = 4_000) {
    this.#bufferedBytesMax = bufferedBytesMax;
    this.start();
  }

  /** A new gateway beside the same ledger and bus. */
  start(): void {
    const { clock, log, subjects } = this;
    this.bus = this.busServer.connect();
    this.hub = new FeedHub({ reader: this.ledger.port, bus: this.bus, subjects, clock, log });
    this.server = new FakeLiveServer(this.hub.handlers, this.#bufferedBytesMax);
    this.hub.start(this.server);
  }

  /** The gateway ends, and with it all connections. */
  async stop(): Promise<void> {
    for (const socket of [...this.server.sockets]) socket.disconnect();
    this.hub.stop();
    await this.bus.close();
  }

  connect(onRead?: (message: FeedMessage, text: string) => void): TestSocket {
    return this.server.connect(new FeedSession(), onRead);
  }

  /** Commits a row and tells the bus, as an engine does. */
  happen(stream: string, kind = 'fill', body: Readonly<Record<string, unknown>> = {}): StoredRow {
    const row = this.ledger.commit(stream, kind, body);
    this.tell(row);
    return row;
  }

  /** A row as the bus carries it. */
  tell(row: StoredRow): void {
    this.engine.publish(this.subjects.event(row.symbol, row.kind as EventKind), eventJson(row));
  }

  trade(symbol: string, price: string | number, at = new Date(this.clock.now()).toISOString()): void {
    const body = { symbol, tradeId: '1', price, quantity: '1', at };
    this.engine.publish(this.subjects.market(symbol, 'trade'), JSON.stringify(body));
  }

  candle(symbol: string, openTime: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const body = { symbol, unit: '1m', openTime, open: '1', high: '3', low: '1', close: '2', volume: '9', ...fields };
    this.engine.publish(this.subjects.market(symbol, 'candle'), JSON.stringify(body));
  }

  /** Answers a request as the engine would; returns how often it was asked. */
  answer(subject: string, reply: () => unknown): { asked: number } {
    const counter = { asked: 0 };
    this.engine.subscribe(subject, (message) => {
      counter.asked += 1;
      message.respond(JSON.stringify(reply()));
    });
    return counter;
  }
}

/** Messages of a channel that a client has read, without state, ticks and candles. */
export function heard(socket: TestSocket, channel: string): FeedMessage[] {
  return socket.read.filter((message) => 'channel' in message && message.channel === channel);
}

/** The same in short: `snapshot 3`, `event 4`, `live 4`. */
export function outline(socket: TestSocket, channel: string): string[] {
  return heard(socket, channel).map((message) => ('seq' in message ? `${message.type} ${message.seq}` : message.type));
}

/**
 * One life of a symbol's actor, from a claim to a crash, a fence or a stop: it owns the symbol's state, its machine, what
 * it knows of the market, and the order in which things happen. Its supervisor owns its mailbox and its restarts.
 *
 * A throw in here is a crash of the actor, reported with the message that caused it; the next life starts from the ledger.
 */
import { type Candle, MINUTE_MS } from '../../domain/candle.ts';
import { fillGap, pricePath } from '../../domain/candle-series.ts';
import { MarketView, type Reading } from '../../domain/market-view.ts';
import { fromNumber } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import type { ClosedTrade } from '../../domain/trade.ts';
import { type ErrorReply, type Reply, refuse } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { CommitQueue, LedgerReader, StoredRow } from '../../protocol/ports/ledger.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { MarketEvent } from '../../protocol/ports/market.ts';
import type { ClaimedPosition } from '../../protocol/ports/ownership.ts';
import type { Venue } from '../../protocol/ports/venue.ts';
import type { EntryAccount } from '../account/port.ts';
import type { Envelope, SymbolMessage } from './messages.ts';
import { type Mode, Modes } from './modes.ts';
import { Performer } from './perform.ts';
import { isRecalled } from './recall.ts';
import { RecallLine } from './recall-line.ts';
import type { Recovery } from './recovery.ts';
import { type PodLoad, SymbolRunner } from './runner.ts';
import { restoreState, type SymbolState } from './state.ts';
import { readMissing, readWarmUp } from './stored-candles.ts';
import type { SymbolSettings } from './turn.ts';

export interface ActorPorts {
  readonly queue: CommitQueue;
  readonly load: PodLoad;
  readonly account: EntryAccount;
  readonly venue: Venue;
  readonly reader: LedgerReader;
  readonly clock: Clock;
  readonly log: Log;
  readonly pod: string;
  readonly mayAct: () => boolean;
  readonly publish: (rows: readonly StoredRow[]) => void;
  readonly count: (symbol: string, funnelKey: string) => void;
  readonly onClosed: (trade: ClosedTrade) => void;
  readonly onIllegalEvent: (symbol: string, event: string, mode: Mode) => void;
}

export interface ActorSupervisor {
  /** A message (or the machine itself) threw: this life is over. */
  readonly onCrash: (error: unknown, envelope: Envelope | undefined) => void;
  readonly onOver: (why: 'fenced' | 'lost', cause: unknown) => void;
  /** There may be room for messages that wait. */
  readonly onProgress: () => void;
}

export class SymbolActor {
  readonly #settings: SymbolSettings;
  readonly #ports: ActorPorts;
  readonly #supervisor: ActorSupervisor;
  readonly #runner: SymbolRunner;
  readonly #performer: Performer;
  readonly #modes: Modes;
  readonly #view = new MarketView();
  readonly #market: { price: number | undefined; at: number | undefined; closedThrough: number | undefined } = {
    price: undefined,
    at: undefined,
    closedThrough: undefined,
  };
  readonly #inbox: Envelope[] = [];
  readonly #unwatch: () => void;
  /** What the ledger holds under the ids of commands that wait here. */
  readonly #recalled = new WeakMap<Envelope, StoredRow>();
  readonly #recalls: RecallLine;
  #reading: Reading | undefined;
  #draining = false;
  #over = false;
  #idleWaiters: (() => void)[] = [];

  private constructor(
    settings: SymbolSettings,
    claimed: ClaimedPosition,
    state: SymbolState,
    ports: ActorPorts,
    supervisor: ActorSupervisor,
  ) {
    const { symbol } = settings;
    this.#settings = settings;
    this.#ports = ports;
    this.#supervisor = supervisor;
    this.#modes = new Modes({
      onIllegal: (event, mode) => ports.onIllegalEvent(symbol, event, mode),
      onError: (error) => this.#crash(error, undefined),
    });
    this.#recalls = new RecallLine({
      reader: ports.reader,
      symbol,
      onTurn: (envelope, row, refusal) => this.#onRecalled(envelope, row, refusal),
      onCrash: (error, envelope) => this.#crash(error, envelope),
    });
    this.#performer = new Performer({
      symbol,
      epoch: claimed.epoch,
      account: ports.account,
      venue: ports.venue,
      reader: ports.reader,
      clock: ports.clock,
      log: ports.log,
      mayAct: () => !this.#over && ports.mayAct(),
      post: (message) => this.#post(message),
      answer: (id, reply) => this.#runner.answer(id, reply),
      count: (key) => ports.count(symbol, key),
      onClosed: ports.onClosed,
      onSettled: () => this.#progress(),
    });
    if (state.haltedReason !== null) this.#modes.send({ type: 'HALT' });
    else if (state.pausedReason !== null) this.#modes.send({ type: 'PAUSE' });
    const owner = { pod: ports.pod, epoch: claimed.epoch };
    this.#runner = new SymbolRunner({
      settings,
      epoch: claimed.epoch,
      version: claimed.version,
      state,
      modes: this.#modes,
      market: this.#market,
      queue: ports.queue,
      load: ports.load,
      surroundings: () => ({ owner, reading: this.#reading }),
      perform: (effect) => this.#performer.perform(effect),
      publish: (rows) => {
        this.#recalls.committed(rows);
        ports.publish(rows);
      },
      onProgress: () => this.#progress(),
      onOver: (why, cause) => {
        this.#end();
        supervisor.onOver(why, cause);
      },
      onCrash: (error, envelope) => this.#crash(error, envelope),
    });
    this.#unwatch = ports.venue.watch(symbol, (update) => this.#post({ type: 'update', update }));
  }

  /** Starts a life from what a claim returned and `recovery` read after it: warms up, and accounts for an open order. */
  static async start(
    settings: SymbolSettings,
    claimed: ClaimedPosition,
    recovery: Recovery,
    ports: ActorPorts,
    supervisor: ActorSupervisor,
  ): Promise<SymbolActor> {
    const { working, reservations, hasCandles } = recovery;
    for (const { id, status } of reservations) {
      // Held without an intent: the life that asked for it ended before it used it.
      if (status === 'held') await ports.account.release(id);
    }
    const actor = new SymbolActor(settings, claimed, restoreState(claimed, working), ports, supervisor);
    try {
      if (hasCandles) await actor.#warmUp();
      await actor.#recover(working);
    } catch (error) {
      actor.stop(undefined);
      throw error;
    }
    return actor;
  }

  get mode(): Mode {
    return this.#modes.mode;
  }

  get state(): SymbolState {
    return this.#runner.state;
  }

  get version(): number {
    return this.#runner.version;
  }

  get lastPrice(): number | undefined {
    return this.#market.price;
  }

  get uncommitted(): number {
    return this.#runner.uncommitted;
  }

  /** Whether another message may be handed over now. */
  get hasRoom(): boolean {
    const asking = this.#recalls.waiting + this.#performer.outstanding;
    return this.uncommitted < LIMITS.uncommittedPerSymbolMax && asking < LIMITS.recallsPerSymbolMax;
  }

  /** Nothing is uncommitted and no effect is on its way. */
  get idle(): boolean {
    return (
      this.#over ||
      (this.#runner.idle && !this.#performer.busy && this.#inbox.length === 0 && this.#recalls.waiting === 0)
    );
  }

  /** Handles a message from the mailbox. */
  accept(envelope: Envelope): void {
    if (isRecalled(envelope.message)) this.#recalls.enter(envelope);
    else this.#enqueue(envelope);
  }

  #onRecalled(envelope: Envelope, row: StoredRow | undefined, refusal: ErrorReply | undefined): void {
    if (refusal === undefined) {
      if (row !== undefined) this.#recalled.set(envelope, row);
      this.#enqueue(envelope);
    } else {
      envelope.reply?.(refusal);
    }
    this.#progress();
  }

  #enqueue(envelope: Envelope): void {
    this.#inbox.push(envelope);
    this.#drain();
  }

  /** Resolves when the actor is idle (or over). */
  settled(): Promise<void> {
    if (this.idle) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Takes a market event through in order; resolves when nothing that follows from it is outstanding. */
  async market(event: MarketEvent): Promise<void> {
    if (event.type === 'trade') {
      const { price, at } = event.trade;
      await this.#move(price, price, at);
      return;
    }
    const { candle, inside } = event;
    const last = this.#view.lastCandle;
    if (last !== undefined) {
      if (candle.openTime <= last.openTime) return;
      if (candle.openTime > last.openTime + MINUTE_MS) {
        for (const missing of await readMissing(this.#ports.reader, this.#settings.symbol, { last, next: candle }))
          await this.#candle(missing, inside);
      }
    }
    await this.#candle(candle, inside);
  }

  /** Ends this life without a crash; callers that still wait hear `reply`. */
  stop(reply: Reply | undefined): void {
    if (reply !== undefined) this.#runner.end(reply);
    this.#end();
  }

  async #candle(candle: Candle, inside: 'trades' | 'path'): Promise<void> {
    if (this.#over) return;
    const { decidedThrough } = this.state;
    if (decidedThrough !== null && candle.openTime <= decidedThrough) {
      // Delivered again after a crash: known to the past of this position, so it moves nothing but the indicators.
      this.#observe(candle);
      return;
    }
    if (inside === 'path') {
      const [open, second, third, close] = pricePath(candle);
      await this.#move(open, open, candle.openTime);
      await this.#move(open, second, candle.openTime);
      await this.#move(second, third, candle.openTime);
      await this.#move(third, close, candle.openTime);
    } else {
      this.#market.price = candle.close;
    }
    if (this.#over) return;
    const reading = this.#observe(candle);
    this.#post({ type: 'candle', reading, at: candle.openTime + MINUTE_MS });
    if (!this.idle) await this.settled();
  }

  #observe(candle: Candle): Reading {
    const reading = this.#view.observe(candle);
    this.#reading = reading;
    this.#market.price = candle.close;
    this.#market.at = candle.openTime + MINUTE_MS;
    this.#market.closedThrough = candle.openTime;
    return reading;
  }

  /** The price goes from `from` to `to`: resting orders first, then the strategy's levels. */
  async #move(from: number, to: number, at: number): Promise<void> {
    if (this.#over) return;
    this.#market.price = to;
    this.#market.at = at;
    const { symbol } = this.#settings;
    const filled = this.#ports.venue.observePrice(symbol, to, at);
    if (filled !== undefined) await filled;
    if (!this.idle) await this.settled();
    if (this.#over || this.state.trade === null) return;
    this.#post({ type: 'price', from, to, at, regime: this.#view.regime });
    if (!this.idle) await this.settled();
  }

  /** Indicators and regime from stored candles; past prices only raise the mark, nothing is decided again. */
  async #warmUp(): Promise<void> {
    const { hours, minutes } = await readWarmUp(this.#ports.reader, this.#settings.symbol);
    this.#view.seedHours(hours);
    let previous: Candle | undefined;
    for (const candle of minutes) {
      if (previous !== undefined) for (const flat of fillGap(previous, candle)) this.#view.observe(flat);
      this.#observe(candle);
      previous = candle;
    }
    this.#raiseMark(minutes);
  }

  #raiseMark(candles: readonly Candle[]): void {
    const { trade } = this.state;
    if (trade === null) return;
    const highest = candles
      .filter((candle) => candle.openTime >= trade.entryTime)
      .reduce((high, candle) => Math.max(high, candle.high), 0);
    if (highest === 0 || fromNumber(highest) <= trade.highWaterMark) return;
    this.#runner.adopt({ ...this.state, trade: { ...trade, highWaterMark: fromNumber(highest) } });
  }

  /** Asks the venue about every order an earlier life left, then lets the machine go on from what is true. */
  async #recover(working: Order | undefined): Promise<void> {
    this.#post({ type: 'recovered', warm: this.#reading?.rsi14 !== undefined });
    if (working === undefined) return;
    const { venue } = this.#ports;
    const { symbol } = this.#settings;
    const state = await venue.query(symbol, working.clientOrderId).catch(() => undefined);
    // A venue that can't be asked leaves the order unknown; it is asked again.
    this.#post({
      type: 'queried',
      clientOrderId: working.clientOrderId,
      state: state ?? { type: 'not-found', final: false },
    });
  }

  #post(message: SymbolMessage): void {
    if (this.#over) return;
    this.#inbox.push({ message, receivedAt: this.#ports.clock.now(), attempts: 0 });
    this.#drain();
  }

  /** Handles what is in the inbox, one after the other: what a turn causes comes behind it, never inside it. */
  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let envelope = this.#inbox.shift(); envelope !== undefined; envelope = this.#inbox.shift()) {
        if (this.#over) {
          envelope.reply?.(refuse('UNAVAILABLE', 'the symbol is restarting: send the same command again'));
          envelope.done?.();
          continue;
        }
        try {
          this.#runner.accept(envelope, this.#recalled.get(envelope));
        } catch (error) {
          this.#crash(error, envelope);
        }
      }
    } finally {
      this.#draining = false;
    }
    this.#wakeIdle();
  }

  #progress(): void {
    this.#wakeIdle();
    if (!this.#over) this.#supervisor.onProgress();
  }

  #crash(error: unknown, envelope: Envelope | undefined): void {
    if (this.#over) return;
    this.#end();
    this.#supervisor.onCrash(error, envelope);
  }

  #end(): void {
    this.#over = true;
    this.#unwatch();
    this.#performer.stop();
    this.#wakeIdle();
  }

  #wakeIdle(): void {
    if (!this.idle) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }
}

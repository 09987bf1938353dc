/**
 * One life of a symbol's actor, from a claim to a crash, a fence or a stop: it owns the symbol's state, its machine, what
 * it knows of the market, and the order in which things happen. Its supervisor owns its mailbox and its restarts.
 *
 * A throw in here is a crash of the actor, reported with the message that caused it; the next life starts from the ledger.
 */
import { type Candle, MINUTE_MS } from '../../domain/candle.ts';
import { pricePath } from '../../domain/candle-series.ts';
import { staysClear } from '../../domain/exits.ts';
import type { Reading } from '../../domain/market-view.ts';
import { fromNumber } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import { type ErrorReply, type Reply, refuse } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { LedgerReader, StoredRow } from '../../protocol/ports/ledger.ts';
import type { MarketEvent } from '../../protocol/ports/market.ts';
import type { ClaimedPosition } from '../../protocol/ports/ownership.ts';
import type { ModeEvent } from './machine.ts';
import type { Envelope, SymbolMessage } from './messages.ts';
import { type Mode, Modes, type ModesOwner } from './modes.ts';
import { Performer, type PerformOwner, type PerformPorts } from './perform.ts';
import { isRecalled } from './recall.ts';
import { RecallLine, type RecallOwner } from './recall-line.ts';
import type { Recovery } from './recovery.ts';
import { type RunnerOwner, type RunnerPorts, SymbolRunner } from './runner.ts';
import { restoreState, type SymbolState } from './state.ts';
import { readMissing, readWarmUp } from './stored-candles.ts';
import { SymbolMarket } from './symbol-market.ts';
import type { Effect, SymbolSettings } from './turn.ts';

/** What every actor of a Pod needs of its surroundings; one object for all of them. */
export interface ActorPorts extends RunnerPorts, PerformPorts {
  readonly reader: LedgerReader;
  readonly pod: string;
  readonly publish: (rows: readonly StoredRow[]) => void;
  readonly onIllegalEvent: (symbol: string, event: string, mode: Mode) => void;
}

export interface ActorSupervisor {
  /** A message (or the machine itself) threw: this life is over. */
  onCrash(error: unknown, envelope: Envelope | undefined): void;
  onOver(why: 'fenced' | 'lost', cause: unknown): void;
  /** There may be room for messages that wait. */
  onProgress(): void;
}

/**
 * Its parts know the actor itself, each by an interface of its own that names the little it needs: ten thousand actors
 * share one set of methods where each would have a dozen closures.
 */
export class SymbolActor implements ModesOwner, RunnerOwner, PerformOwner, RecallOwner {
  readonly settings: SymbolSettings;
  readonly ports: ActorPorts;
  readonly epoch: number;
  readonly marketNow = new SymbolMarket();
  readonly modes: Modes = new Modes(this);
  readonly #supervisor: ActorSupervisor;
  readonly #runner: SymbolRunner;
  readonly #performer = new Performer(this);
  readonly #recalls = new RecallLine(this);
  readonly #inbox: Envelope[] = [];
  readonly #unwatch: () => void;
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
    this.settings = settings;
    this.ports = ports;
    this.epoch = claimed.epoch;
    this.#supervisor = supervisor;
    if (state.haltedReason !== null) this.modes.send({ type: 'HALT' });
    else if (state.pausedReason !== null) this.modes.send({ type: 'PAUSE' });
    this.#runner = new SymbolRunner(this, { state, version: claimed.version });
    this.#unwatch = ports.venue.watch(settings.symbol, (update) => this.post({ type: 'update', update }));
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
    return this.modes.mode;
  }

  get owner(): { readonly pod: string; readonly epoch: number } {
    return { pod: this.ports.pod, epoch: this.epoch };
  }

  get reading(): Reading | undefined {
    return this.marketNow.reading;
  }

  get state(): SymbolState {
    return this.#runner.state;
  }

  get version(): number {
    return this.#runner.version;
  }

  get lastPrice(): number | undefined {
    return this.marketNow.price;
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

  /** Resolves when the actor is idle (or over). */
  settled(): Promise<void> {
    if (this.idle) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /**
   * Takes a market event through in order; resolves when nothing that follows from it is outstanding. Undefined when there
   * is nothing to wait for: of most events nothing follows, and a backtest has millions of them.
   */
  market(event: MarketEvent): Promise<void> | undefined {
    if (event.type === 'trade') {
      const { price, at } = event.trade;
      return this.#move(price, price, at);
    }
    const { candle, inside } = event;
    if (this.marketNow.lastCandle !== undefined) return this.#nextCandle(candle, inside);
    // None was stored when this life began: a collector may have brought the history since.
    return this.#warmUp(candle.openTime - MINUTE_MS).then(() => this.#nextCandle(candle, inside));
  }

  /** Ends this life without a crash; callers that still wait hear `reply`. */
  stop(reply: Reply | undefined): void {
    if (reply !== undefined) this.#runner.end(reply);
    this.#end();
  }

  /** What its parts and the venue tell the actor: handled in order, behind what waits. */
  post(message: SymbolMessage): void {
    if (this.#over) return;
    this.#enqueue({ message, receivedAt: this.ports.clock.now(), attempts: 0 });
  }

  answer(clientOrderId: string, reply: Reply): void {
    this.#runner.answer(clientOrderId, reply);
  }

  perform(effect: Effect): void {
    this.#performer.perform(effect);
  }

  onCommitted(rows: readonly StoredRow[]): void {
    this.#recalls.committed(rows);
    this.ports.publish(rows);
  }

  onRecalled(envelope: Envelope, row: StoredRow | undefined, refusal: ErrorReply | undefined): void {
    if (refusal === undefined) {
      if (row !== undefined) this.#runner.recall(row);
      this.#enqueue(envelope);
    } else {
      envelope.reply?.(refusal);
    }
    this.onProgress();
  }

  onIllegalEvent(event: ModeEvent['type'], mode: Mode): void {
    this.ports.onIllegalEvent(this.settings.symbol, event, mode);
  }

  onProgress(): void {
    this.#wakeIdle();
    if (!this.#over) this.#supervisor.onProgress();
  }

  onOver(why: 'fenced' | 'lost', cause: unknown): void {
    this.#end();
    this.#supervisor.onOver(why, cause);
  }

  onCrash(error: unknown, envelope: Envelope | undefined): void {
    if (this.#over) return;
    this.#end();
    this.#supervisor.onCrash(error, envelope);
  }

  #nextCandle(candle: Candle, inside: 'trades' | 'path'): Promise<void> | undefined {
    const last = this.marketNow.lastCandle;
    if (last !== undefined) {
      if (candle.openTime <= last.openTime) return undefined;
      if (candle.openTime > last.openTime + MINUTE_MS) return this.#afterMissing(last, candle, inside);
    }
    return this.#candle(candle, inside);
  }

  async #afterMissing(last: Candle, next: Candle, inside: 'trades' | 'path'): Promise<void> {
    // Of a minute that did not come, no trade came: its prices are those of its candle.
    for (const missing of await readMissing(this.ports.reader, this.settings.symbol, { last, next }))
      await this.#candle(missing, 'path');
    await this.#candle(next, inside);
  }

  #candle(candle: Candle, inside: 'trades' | 'path'): Promise<void> | undefined {
    if (this.#over) return undefined;
    const { decidedThrough } = this.state;
    if (decidedThrough !== null && candle.openTime <= decidedThrough) {
      // Delivered again after a crash: known to the past of this position, so it moves nothing but the indicators.
      this.marketNow.observe(candle);
      return undefined;
    }
    if (inside === 'trades') return this.#close(candle);
    if (!this.#passesBy(candle)) return this.#travel(candle, pricePath(candle), 0);
    // What rests at the venue without being worked on here sees the prices all the same.
    const filled = this.ports.venue.observePrice(this.settings.symbol, candle.open, candle.openTime);
    return filled === undefined ? this.#close(candle) : filled.then(() => this.#travel(candle, pricePath(candle), 1));
  }

  /** No order is out, and no price inside the candle reaches a level of the trade: nearly always. */
  #passesBy(candle: Candle): boolean {
    const { trade, working } = this.state;
    if (working !== null || !this.idle) return false;
    return trade === null || staysClear(trade, candle, this.marketNow.regime, this.settings.preset);
  }

  /** The price goes along the points of the candle's path, from the one of this index on, and the candle closes. */
  #travel(candle: Candle, path: readonly number[], next: number): Promise<void> | undefined {
    for (let index = next; index < path.length; index += 1) {
      const to = path[index] as number;
      const waiting = this.#move(path[index - 1] ?? to, to, candle.openTime);
      if (waiting !== undefined) return waiting.then(() => this.#travel(candle, path, index + 1));
    }
    return this.#close(candle);
  }

  #close(candle: Candle): Promise<void> | undefined {
    if (this.#over) return undefined;
    const reading = this.marketNow.observe(candle);
    this.post({ type: 'candle', reading, at: candle.openTime + MINUTE_MS });
    return this.idle ? undefined : this.settled();
  }

  /** The price goes from `from` to `to`: resting orders first, then the strategy's levels. */
  #move(from: number, to: number, at: number): Promise<void> | undefined {
    if (this.#over) return undefined;
    this.marketNow.move(to, at);
    const filled = this.ports.venue.observePrice(this.settings.symbol, to, at);
    if (filled === undefined && this.idle) return this.#reachLevels(from, to, at);
    return (filled ?? this.settled()).then(() => this.settled()).then(() => this.#reachLevels(from, to, at));
  }

  #reachLevels(from: number, to: number, at: number): Promise<void> | undefined {
    if (this.#over || this.state.trade === null) return undefined;
    this.post({ type: 'price', from, to, at, regime: this.marketNow.regime });
    return this.idle ? undefined : this.settled();
  }

  /** Indicators and regime from stored candles; past prices only raise the mark, nothing is decided again. */
  async #warmUp(through?: number): Promise<void> {
    const history = await readWarmUp(this.ports.reader, this.settings.symbol, through);
    this.marketNow.warmUp(history);
    this.#raiseMark(history.minutes);
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
    this.post({ type: 'recovered', warm: this.reading?.rsi14 !== undefined });
    if (working === undefined) return;
    const { venue } = this.ports;
    const { symbol } = this.settings;
    const state = await venue.query(symbol, working.clientOrderId).catch(() => undefined);
    // A venue that can't be asked leaves the order unknown; it is asked again.
    this.post({
      type: 'queried',
      clientOrderId: working.clientOrderId,
      state: state ?? { type: 'not-found', final: false },
    });
  }

  /** Messages are handled one after the other: what a turn causes comes behind it, never inside it. */
  #enqueue(first: Envelope): void {
    if (this.#draining) {
      this.#inbox.push(first);
      return;
    }
    this.#draining = true;
    try {
      for (let envelope: Envelope | undefined = first; envelope !== undefined; envelope = this.#inbox.shift()) {
        this.#handle(envelope);
      }
    } finally {
      this.#draining = false;
    }
    this.#wakeIdle();
  }

  #handle(envelope: Envelope): void {
    if (this.#over) {
      envelope.reply?.(refuse('UNAVAILABLE', 'the symbol is restarting: send the same command again'));
      envelope.done?.();
      return;
    }
    try {
      this.#runner.accept(envelope);
    } catch (error) {
      this.onCrash(error, envelope);
    }
  }

  #end(): void {
    this.#over = true;
    this.#unwatch();
    this.#performer.stop();
    this.#wakeIdle();
  }

  #wakeIdle(): void {
    if (this.#idleWaiters.length === 0 || !this.idle) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }
}

/**
 * Carries out the effects of committed turns and posts what comes of them back to the actor. The only place where a
 * symbol waits for the account or the venue; the actor itself never waits.
 */
import type { Order } from '../../domain/order.ts';
import type { ClosedTrade } from '../../domain/trade.ts';
import { type Reply, refuse } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { LedgerReader } from '../../protocol/ports/ledger.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { Venue } from '../../protocol/ports/venue.ts';
import type { EntryAccount } from '../account/port.ts';
import type { EntryAsk } from './entry-ask.ts';
import type { SymbolMessage } from './messages.ts';
import { confirmedReply, type RefusedFills } from './record-fills.ts';
import type { Effect } from './turn.ts';
import { commandView, storedOrderReply } from './view.ts';

export interface PerformPorts {
  readonly account: EntryAccount;
  readonly venue: Venue;
  readonly reader: Pick<LedgerReader, 'order' | 'journalRow'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether this Pod's lease still allows acting on the world. */
  readonly mayAct: () => boolean;
  readonly count: (symbol: string, funnelKey: string) => void;
  readonly onClosed: (trade: ClosedTrade) => void;
}

/** The actor, as the one who carries out its effects sees it. */
export interface PerformOwner {
  readonly settings: { readonly symbol: string };
  readonly epoch: number;
  readonly ports: PerformPorts;
  /** What came of an effect; an actor that is over does not hear it. */
  post(message: SymbolMessage): void;
  /** Answers the callers that wait for this order. */
  answer(clientOrderId: string, reply: Reply): void;
  /** An effect is over, whatever came of it. */
  onProgress(): void;
}

/** Pause before the account or the venue is asked again. */
const RETRY_MS = 1_000;

const UNREADABLE = refuse('UNAVAILABLE', 'the ledger can not be read at the moment: send the same command again');

export class Performer {
  readonly #owner: PerformOwner;
  #outstanding = 0;
  #stopped = false;
  /** Cancel what is to be done later. */
  #timers: Set<() => void> | undefined;

  constructor(owner: PerformOwner) {
    this.#owner = owner;
  }

  get #ports(): PerformPorts {
    return this.#owner.ports;
  }

  get #symbol(): string {
    return this.#owner.settings.symbol;
  }

  /** True while an effect is on its way whose result will come back as a message. */
  get busy(): boolean {
    return this.#outstanding > 0;
  }

  /** Effects on their way. */
  get outstanding(): number {
    return this.#outstanding;
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers ?? []) cancel();
  }

  perform(effect: Effect): void {
    const { account, venue } = this.#ports;
    switch (effect.type) {
      case 'count':
        this.#ports.count(this.#symbol, effect.funnelKey);
        return;
      case 'closed':
        this.#ports.onClosed(effect.trade);
        return;
      case 'answer':
        this.#owner.answer(effect.clientOrderId, effect.reply);
        return;
      case 'reserve':
        this.#track(this.#reserve(effect.ask));
        return;
      case 'release':
        this.#untilDone(() => account.release(effect.reservationId));
        return;
      case 'submit':
        this.#submit(effect.order);
        return;
      case 'cancel':
        this.#untilDone(() => venue.cancel(this.#symbol, effect.clientOrderId));
        return;
      case 'query':
        this.#later(effect.delayMs, () => this.#query(effect.clientOrderId));
        return;
      case 'confirm':
        this.#track(this.#confirm(effect.key, effect.refused));
        return;
      case 'find':
        this.#track(this.#find(effect));
        return;
      case 'lookup':
        this.#track(this.#lookup(effect.clientOrderId));
        return;
    }
  }

  #submit(order: Order): void {
    const { epoch } = this.#owner;
    const { venue, clock } = this.#ports;
    const { clientOrderId } = order;
    // Rechecked at the last moment: an order is not sent late, nor by a Pod that may have lost the symbol.
    if (this.#stopped || !this.#ports.mayAct() || clock.now() > order.sendBefore) {
      this.#owner.post({ type: 'queried', clientOrderId, state: { type: 'not-found', final: true } });
      return;
    }
    this.#track(
      venue.submit(order, { epoch }).then(
        (outcome) => this.#owner.post({ type: 'submitted', clientOrderId, outcome }),
        // A venue does not throw; one that does has said neither yes nor no.
        (error: unknown) =>
          this.#owner.post({
            type: 'submitted',
            clientOrderId,
            outcome: { type: 'ambiguous', reason: messageOf(error) },
          }),
      ),
    );
  }

  async #reserve(ask: EntryAsk): Promise<void> {
    const { account, log } = this.#ports;
    if (ask.volatility.forecast === null) {
      log.warn(
        { symbol: ask.symbol },
        'the volatility of the hours can not be forecast yet: the size is not reduced by it',
      );
    }
    try {
      const verdict = await account.reserve(ask);
      if (!this.#stopped) this.#owner.post({ type: 'verdict', entryId: ask.id, verdict });
      // This life is over and the next one may have started before cash was set aside: nobody else would free it. If the
      // next one asked for the same entry, its intent finds the reservation gone, and the entry is not made.
      else if (verdict.granted) await account.release(ask.id);
    } catch (error) {
      this.#owner.post({ type: 'verdict', entryId: ask.id, verdict: { lost: messageOf(error) } });
    }
  }

  /** Work that must not be lost and is harmless when repeated: again and again while the other side is away. */
  #untilDone(work: () => Promise<void>): void {
    this.#track(
      work().catch((error: unknown) => {
        this.#ports.log.warn({ symbol: this.#symbol, error: messageOf(error) }, 'an effect failed; trying again');
        this.#later(RETRY_MS, () => this.#untilDone(work));
      }),
    );
  }

  #query(clientOrderId: string): void {
    const { venue, log } = this.#ports;
    const symbol = this.#symbol;
    this.#track(
      venue.query(symbol, clientOrderId).then(
        (state) => this.#owner.post({ type: 'queried', clientOrderId, state }),
        (error: unknown) => {
          log.warn({ symbol, clientOrderId, error: messageOf(error) }, 'the venue could not be asked about an order');
          this.#later(RETRY_MS, () => this.#query(clientOrderId));
        },
      ),
    );
  }

  async #confirm(key: string, refused: RefusedFills): Promise<void> {
    const { reader } = this.#ports;
    try {
      const rows = await Promise.all(refused.fills.map(({ request }) => reader.journalRow(this.#symbol, request.id)));
      this.#owner.answer(key, confirmedReply(refused, rows));
    } catch {
      this.#owner.answer(key, UNREADABLE);
    }
  }

  async #find({ key, commandId, reply }: Extract<Effect, { type: 'find' }>): Promise<void> {
    const { reader } = this.#ports;
    try {
      const row = await reader.journalRow(this.#symbol, commandId);
      const order = row === undefined || row.kind === 'fill' ? undefined : await reader.order(commandId);
      this.#owner.answer(key, { ...reply, command: row === undefined ? null : commandView(row, order) });
    } catch {
      this.#owner.answer(key, UNREADABLE);
    }
  }

  async #lookup(clientOrderId: string): Promise<void> {
    let order: Order | undefined;
    try {
      order = await this.#ports.reader.order(clientOrderId);
    } catch {
      this.#owner.answer(clientOrderId, UNREADABLE);
      return;
    }
    this.#owner.answer(clientOrderId, order === undefined ? refusedBefore(clientOrderId) : storedOrderReply(order));
  }

  #later(delayMs: number, work: () => void): void {
    if (this.#stopped) return;
    this.#timers ??= new Set();
    const cancel = this.#ports.clock.after(delayMs, () => {
      this.#timers?.delete(cancel);
      if (!this.#stopped) work();
    });
    this.#timers.add(cancel);
  }

  #track(work: Promise<void>): void {
    this.#outstanding += 1;
    work
      .catch((error: unknown) => {
        if (this.#stopped) return;
        this.#ports.log.error({ symbol: this.#symbol, error: messageOf(error) }, 'an effect failed');
      })
      .finally(() => {
        this.#outstanding -= 1;
        if (!this.#stopped) this.#owner.onProgress();
      });
  }
}

function refusedBefore(id: string): Reply {
  return refuse('REFUSED', 'the order was refused when it was first sent: the decisions of the symbol say why', { id });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

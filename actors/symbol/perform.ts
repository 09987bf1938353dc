/**
 * Carries out the effects of committed turns and posts what comes of them back to the actor. The only place where a
 * symbol waits for the account or the venue; the actor itself never waits.
 */
import type { Order } from '../../domain/order.ts';
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
  readonly symbol: string;
  readonly epoch: number;
  readonly account: EntryAccount;
  readonly venue: Venue;
  readonly reader: Pick<LedgerReader, 'order' | 'journalRow'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether this Pod's lease still allows acting on the world. */
  readonly mayAct: () => boolean;
  readonly post: (message: SymbolMessage) => void;
  readonly answer: (clientOrderId: string, reply: Reply) => void;
  readonly count: (funnelKey: string) => void;
  readonly onClosed: (trade: Extract<Effect, { type: 'closed' }>['trade']) => void;
  readonly onSettled: () => void;
}

/** Pause before the account or the venue is asked again. */
const RETRY_MS = 1_000;

const UNREADABLE = refuse('UNAVAILABLE', 'the ledger can not be read at the moment: send the same command again');

export class Performer {
  readonly #ports: PerformPorts;
  #outstanding = 0;
  #stopped = false;
  readonly #timers = new Set<() => void>();

  constructor(ports: PerformPorts) {
    this.#ports = ports;
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
    for (const cancel of this.#timers) cancel();
  }

  perform(effect: Effect): void {
    const { account, venue, symbol } = this.#ports;
    switch (effect.type) {
      case 'count':
        this.#ports.count(effect.funnelKey);
        return;
      case 'closed':
        this.#ports.onClosed(effect.trade);
        return;
      case 'answer':
        this.#ports.answer(effect.clientOrderId, effect.reply);
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
        this.#untilDone(() => venue.cancel(symbol, effect.clientOrderId));
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
    const { venue, clock, epoch, post, mayAct } = this.#ports;
    const { clientOrderId } = order;
    // Rechecked at the last moment: an order is not sent late, nor by a Pod that may have lost the symbol.
    if (!mayAct() || clock.now() > order.sendBefore) {
      post({ type: 'queried', clientOrderId, state: { type: 'not-found', final: true } });
      return;
    }
    this.#track(
      venue.submit(order, { epoch }).then(
        (outcome) => post({ type: 'submitted', clientOrderId, outcome }),
        // A venue does not throw; one that does has said neither yes nor no.
        (error: unknown) =>
          post({ type: 'submitted', clientOrderId, outcome: { type: 'ambiguous', reason: messageOf(error) } }),
      ),
    );
  }

  async #reserve(ask: EntryAsk): Promise<void> {
    const { account, post } = this.#ports;
    try {
      const verdict = await account.reserve(ask);
      if (!this.#stopped) post({ type: 'verdict', entryId: ask.id, verdict });
      // This life is over and the next one may have started before cash was set aside: nobody else would free it. If the
      // next one asked for the same entry, its intent finds the reservation gone, and the entry is not made.
      else if (verdict.granted) await account.release(ask.id);
    } catch (error) {
      post({ type: 'verdict', entryId: ask.id, verdict: { lost: messageOf(error) } });
    }
  }

  /** Work that must not be lost and is harmless when repeated: again and again while the other side is away. */
  #untilDone(work: () => Promise<void>): void {
    this.#track(
      work().catch((error: unknown) => {
        this.#ports.log.warn({ symbol: this.#ports.symbol, error: messageOf(error) }, 'an effect failed; trying again');
        this.#later(RETRY_MS, () => this.#untilDone(work));
      }),
    );
  }

  #query(clientOrderId: string): void {
    const { venue, symbol, post, log } = this.#ports;
    this.#track(
      venue.query(symbol, clientOrderId).then(
        (state) => post({ type: 'queried', clientOrderId, state }),
        (error: unknown) => {
          log.warn({ symbol, clientOrderId, error: messageOf(error) }, 'the venue could not be asked about an order');
          this.#later(RETRY_MS, () => this.#query(clientOrderId));
        },
      ),
    );
  }

  async #confirm(key: string, refused: RefusedFills): Promise<void> {
    const { reader, symbol, answer } = this.#ports;
    try {
      const rows = await Promise.all(refused.fills.map(({ request }) => reader.journalRow(symbol, request.id)));
      answer(key, confirmedReply(refused, rows));
    } catch {
      answer(key, UNREADABLE);
    }
  }

  async #find({ key, commandId, reply }: Extract<Effect, { type: 'find' }>): Promise<void> {
    const { reader, symbol, answer } = this.#ports;
    try {
      const row = await reader.journalRow(symbol, commandId);
      const order = row === undefined || row.kind === 'fill' ? undefined : await reader.order(commandId);
      answer(key, { ...reply, command: row === undefined ? null : commandView(row, order) });
    } catch {
      answer(key, UNREADABLE);
    }
  }

  async #lookup(clientOrderId: string): Promise<void> {
    const { reader, answer } = this.#ports;
    let order: Order | undefined;
    try {
      order = await reader.order(clientOrderId);
    } catch {
      answer(clientOrderId, UNREADABLE);
      return;
    }
    const refused = () =>
      refuse('REFUSED', 'the order was refused when it was first sent: the decisions of the symbol say why', {
        id: clientOrderId,
      });
    answer(clientOrderId, order === undefined ? refused() : storedOrderReply(order));
  }

  #later(delayMs: number, work: () => void): void {
    if (this.#stopped) return;
    const cancel = this.#ports.clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      if (!this.#stopped) work();
    });
    this.#timers.add(cancel);
  }

  #track(work: Promise<void>): void {
    this.#outstanding += 1;
    work
      .catch((error: unknown) => {
        if (this.#stopped) return;
        this.#ports.log.error({ symbol: this.#ports.symbol, error: messageOf(error) }, 'an effect failed');
      })
      .finally(() => {
        this.#outstanding -= 1;
        if (!this.#stopped) this.#ports.onSettled();
      });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

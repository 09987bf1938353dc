/**
 * Carries out the effects of committed turns and posts what comes of them back to the actor. The only place where a
 * symbol waits for the account or the venue; the actor itself never waits.
 */
import { type Reply, refuse } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { LedgerReader } from '../../protocol/ports/ledger.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { Venue } from '../../protocol/ports/venue.ts';
import type { EntryAccount } from '../account/port.ts';
import type { SymbolMessage } from './messages.ts';
import type { Effect } from './turn.ts';
import { orderView } from './view.ts';

export interface PerformPorts {
  readonly symbol: string;
  readonly epoch: number;
  readonly account: EntryAccount;
  readonly venue: Venue;
  readonly reader: Pick<LedgerReader, 'order'>;
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

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers) cancel();
  }

  perform(effect: Effect): void {
    const { account, venue, symbol, post } = this.#ports;
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
        this.#track(
          account.reserve(effect.ask).then(
            (verdict) => post({ type: 'verdict', entryId: effect.ask.id, verdict }),
            (error: unknown) => post({ type: 'verdict', entryId: effect.ask.id, verdict: { lost: messageOf(error) } }),
          ),
        );
        return;
      case 'release':
        this.#track(account.release(effect.reservationId));
        return;
      case 'submit':
        this.#submit(effect.order);
        return;
      case 'cancel':
        this.#track(venue.cancel(symbol, effect.clientOrderId));
        return;
      case 'query':
        this.#later(effect.delayMs, () => this.#query(effect.clientOrderId));
        return;
      case 'lookup':
        this.#track(this.#lookup(effect.clientOrderId));
        return;
    }
  }

  #submit(order: Extract<Effect, { type: 'submit' }>['order']): void {
    const { venue, clock, epoch, post, mayAct } = this.#ports;
    const { clientOrderId } = order;
    // Rechecked at the last moment: an order is not sent late, nor by a Pod that may have lost the symbol.
    if (!mayAct() || clock.now() > order.sendBefore) {
      post({ type: 'submitted', clientOrderId, outcome: { type: 'rejected', reason: 'not sent in time' } });
      return;
    }
    this.#track(venue.submit(order, { epoch }).then((outcome) => post({ type: 'submitted', clientOrderId, outcome })));
  }

  #query(clientOrderId: string): void {
    const { venue, symbol, post, log } = this.#ports;
    this.#track(
      venue.query(symbol, clientOrderId).then(
        (state) => post({ type: 'queried', clientOrderId, state }),
        (error: unknown) => {
          log.warn({ symbol, clientOrderId, error: messageOf(error) }, 'the venue could not be asked about an order');
          this.#later(1_000, () => this.#query(clientOrderId));
        },
      ),
    );
  }

  async #lookup(clientOrderId: string): Promise<void> {
    const order = await this.#ports.reader.order(clientOrderId);
    const reply: Reply =
      order === undefined
        ? refuse('REFUSED', 'the order was refused when it was first sent: the decisions of the symbol say why', {
            id: clientOrderId,
          })
        : order.status === 'rejected'
          ? refuse('REFUSED', order.reason ?? 'the venue refused the order', { order: orderView(order) })
          : { ok: true, order: orderView(order) };
    this.#ports.answer(clientOrderId, reply);
  }

  #later(delayMs: number, work: () => void): void {
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

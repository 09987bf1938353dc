/** The commands and questions of one symbol. */
import { refuse } from '../../../protocol/errors.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { SymbolCommand } from '../../../protocol/subjects.ts';
import type {
  Answer,
  CommandReply,
  ControlReply,
  ExplainReply,
  FillReply,
  FillsReply,
  OrderReply,
  SymbolReply,
} from './replies.ts';
import type { Requester, SendOptions } from './requester.ts';
import {
  type CancelRequest,
  type ControlRequest,
  checked,
  type Fill,
  type FillItem,
  type OrderRequest,
  type ResolveRequest,
} from './requests.ts';

/** Of a question, and of a batch, whose fills have ids of their own. */
export type AskOptions = Omit<SendOptions, 'id'>;

export class SymbolClient {
  readonly symbol: string;
  readonly #requester: Requester;

  constructor(requester: Requester, symbol: string) {
    this.#requester = requester;
    this.symbol = symbol;
  }

  /** Records an execution made elsewhere. */
  fill(fill: Fill, options?: SendOptions): Promise<Answer<FillReply>> {
    return this.#send('fill', checked(fill), options);
  }

  /**
   * Records up to 256 executions in one request, in order, each accepted or refused by itself. `ok: false` says that the
   * same befell all of them.
   */
  fills(fills: readonly FillItem[], options: AskOptions = {}): Promise<Answer<FillsReply>> {
    if (fills.length === 0 || fills.length > LIMITS.fillsPerRequestMax) {
      throw new TypeError(`a batch holds 1 to ${LIMITS.fillsPerRequestMax} fills, not ${fills.length}: split it`);
    }
    const items = fills.map((fill) => {
      const id = fill.id ?? this.#requester.newId();
      return Object.assign(checked(fill), { id });
    });
    return this.#requester.sendFills(this.symbol, items, options) as Promise<Answer<FillsReply>>;
  }

  /** Places an order at the venue; answered once the venue has accepted, filled or refused it. */
  order(order: OrderRequest, options?: SendOptions): Promise<Answer<OrderReply>> {
    return this.#send('order', checked(order), options);
  }

  cancel(request: CancelRequest, options?: SendOptions): Promise<Answer<OrderReply>> {
    return this.#send('cancel', checked(request), options);
  }

  /** Sells the whole position at market; an entry on its way is cancelled. */
  flatten(request: ControlRequest, options?: SendOptions): Promise<Answer<ControlReply>> {
    return this.#send('flatten', checked(request), options);
  }

  /** No new entries; exits go on working. */
  pause(request: ControlRequest, options?: SendOptions): Promise<Answer<ControlReply>> {
    return this.#send('pause', checked(request), options);
  }

  /** Ends a pause or a halt. */
  resume(request: ControlRequest, options?: SendOptions): Promise<Answer<ControlReply>> {
    return this.#send('resume', checked(request), options);
  }

  /** A person must look: no entries until resumed; exits go on working. */
  halt(request: ControlRequest, options?: SendOptions): Promise<Answer<ControlReply>> {
    return this.#send('halt', checked(request), options);
  }

  /** Settles by hand an order whose fate is unknown. */
  resolve(request: ResolveRequest, options?: SendOptions): Promise<Answer<ControlReply>> {
    return this.#send('resolve', checked(request), options);
  }

  get(options?: AskOptions): Promise<Answer<SymbolReply>> {
    return this.#send('get', {}, options);
  }

  /** Why it does or does not enter, check by check. */
  explain(options?: AskOptions): Promise<Answer<ExplainReply>> {
    return this.#send('explain', {}, options);
  }

  /** What became of a command: asked after an OUTCOME_UNKNOWN. Sees everything that its owner accepted before the question. */
  async command(id: string, options?: AskOptions): Promise<Answer<CommandReply>> {
    const reply = await this.#send<CommandReply>('get', { commandId: id }, options);
    // An answer that leaves the command out is none: "not known" must never be read from it.
    if (!reply.ok || reply.command !== undefined) return reply;
    return refuse('UNAVAILABLE', `${this.symbol} can not be asked for commands while it is ${reply.mode}`, {
      mode: reply.mode,
      haltedReason: reply.haltedReason,
    });
  }

  #send<Reply>(
    command: SymbolCommand,
    body: Readonly<Record<string, unknown>>,
    options: SendOptions | undefined,
  ): Promise<Answer<Reply>> {
    const address = { target: 'symbol', name: this.symbol, command } as const;
    // Who answers is the engine: its replies are trusted to be what the wire contract says.
    return this.#requester.send(address, body, options) as Promise<Answer<Reply>>;
  }
}

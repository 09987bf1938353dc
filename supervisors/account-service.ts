/**
 * The account as this Pod has it: its own when it owns the account, else over the bus at the Pod that does. One Pod of the
 * cluster owns it, fenced by an epoch like a symbol; that one also answers `cp.account.*`.
 */
import { AccountActor } from '../actors/account/account.ts';
import type { EntryAccount } from '../actors/account/port.ts';
import { decodeVerdict, encodeAsk, encodeVerdict } from '../actors/account/wire.ts';
import { decodeJson, validate } from '../actors/symbol/decode.ts';
import type { EntryAsk } from '../actors/symbol/entry-ask.ts';
import { MINUTE_MS } from '../domain/candle.ts';
import type { Units } from '../domain/money.ts';
import type { RiskSettings } from '../domain/risk.ts';
import { isoTime } from '../domain/time.ts';
import { FencedError, type Reply, RetryableError, refuse } from '../protocol/errors.ts';
import { contentId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import {
  type ControlRequest,
  cashRequest,
  controlRequest,
  limitsRequest,
  reserveRequest,
} from '../protocol/messages.ts';
import type { Bus, BusMessage } from '../protocol/ports/bus.ts';
import { type Clock, sleep } from '../protocol/ports/clock.ts';
import type { AccountPort, EntryVerdict } from '../protocol/ports/ledger.ts';
import type { Log } from '../protocol/ports/log.ts';
import type { OwnershipPort } from '../protocol/ports/ownership.ts';
import { lastToken, type Subjects } from '../protocol/subjects.ts';
import type { ClusterWatch } from './cluster/cluster-watch.ts';
import type { Membership } from './cluster/membership.ts';
import { Singleton } from './cluster/singleton.ts';
import { FlattenAll } from './flatten-all.ts';

export interface AccountServiceOptions {
  readonly ledger: AccountPort;
  readonly ownership: OwnershipPort;
  readonly membership: Membership;
  readonly watch: ClusterWatch;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: 'on' | 'off';
  /** The limits this engine is configured with. */
  readonly riskSettings?: RiskSettings | undefined;
  /** Paper money that a new ledger starts with. */
  readonly openingBalance: Units;
  readonly marketNow: () => number;
}

const ATTEMPT_MS = 1_000;
const PAUSE_MS = 100;
const EQUITY_EVERY_MS = 15 * MINUTE_MS;
/** How long a flatten waits for its symbols before it is answered: less than an attempt of a client. */
const FLATTEN_PATIENCE_MS = 600;

export class AccountService implements EntryAccount {
  readonly #options: AccountServiceOptions;
  readonly #singleton: Singleton;
  #actor: AccountActor | undefined;
  #flattenAll: FlattenAll | undefined;
  /** Epoch of the account's life here. */
  #life: number | undefined;
  #unsubscribe: (() => void) | undefined;

  private constructor(options: AccountServiceOptions) {
    this.#options = options;
    this.#singleton = new Singleton({
      ...options,
      name: 'account',
      begin: (epoch) => this.#begin(epoch),
      end: () => this.#end(),
    });
  }

  /** Takes the account if it can be had; otherwise asks the Pod that has it. */
  static async start(options: AccountServiceOptions): Promise<AccountService> {
    const service = new AccountService(options);
    await service.#singleton.start();
    return service;
  }

  /** Whether the account is decided here. */
  get isHere(): boolean {
    return this.#actor !== undefined;
  }

  async stop(): Promise<void> {
    await this.#singleton.release();
  }

  /** The account as `cp.account.get` answers it, wherever it is. */
  async get(): Promise<Reply> {
    if (this.#actor !== undefined) return this.#actor.get();
    const { bus, subjects } = this.#options;
    return JSON.parse(new TextDecoder().decode(await bus.request(subjects.account('get'), '{}', ATTEMPT_MS))) as Reply;
  }

  /** A market price; the account values what is held by it. Undefined when there is nothing to wait for. */
  observePrice(symbol: string, price: number, at: number): Promise<void> | undefined {
    return this.#actor?.observePrice(symbol, price, at);
  }

  /** Rejects when the account can't be reached in time; asking again with the same id reserves once. */
  async reserve(ask: EntryAsk): Promise<EntryVerdict> {
    const { clock, bus, subjects } = this.#options;
    const end = clock.monotonic() + LIMITS.reserveTimeoutMs;
    const deadline = clock.now() + LIMITS.reserveTimeoutMs;
    for (;;) {
      if (this.#actor !== undefined) return this.#actor.reserve(ask);
      let problem: string;
      try {
        const data = await bus.request(subjects.reserve, encodeAsk(ask, deadline), ATTEMPT_MS);
        const reply = JSON.parse(new TextDecoder().decode(data)) as Reply;
        if (reply.ok) return decodeVerdict(reply);
        problem = reply.error.message;
        if (!reply.error.retryable) throw new Error(problem);
      } catch (error) {
        if (!(error instanceof RetryableError)) throw error;
        problem = error.message;
      }
      if (clock.monotonic() + PAUSE_MS >= end) throw new RetryableError(`the account can not be asked: ${problem}`);
      await sleep(clock, PAUSE_MS);
    }
  }

  /** Frees what is still held, wherever the account is: the row decides. */
  async release(reservationId: string): Promise<void> {
    await this.#options.ledger.release(reservationId);
  }

  async #begin(epoch: number): Promise<void> {
    const { ledger, limits, riskSettings, marketNow, clock, bus, subjects, log } = this.#options;
    const actor = new AccountActor({
      ledger,
      epoch,
      limits,
      ...(riskSettings === undefined ? {} : { settings: riskSettings }),
      now: marketNow,
      wallNow: () => clock.now(),
      onFenced: () => this.#singleton.lost(),
      equityEveryMs: EQUITY_EVERY_MS,
      onProblem: (error, what) => log.warn({ error: (error as Error).message }, what),
      publish: ({ id, seq, kind, at, body }) => {
        // Of a life that is over: the next one may have published a later change already. The rows are there.
        if (this.#life !== epoch) return;
        const event = { ...(body as object), stream: 'account', seq, kind, at: isoTime(at), id, orderId: null };
        bus.publish(`${subjects.prefix}.event.account.${kind}`, JSON.stringify(event));
      },
    });
    this.#life = epoch;
    await this.#open(actor);
    await actor.begin();
    this.#flattenAll = new FlattenAll({
      bus,
      subjects,
      clock,
      log,
      finish: (order, refused) => actor.flattened(order, refused),
    });
    const unfinished = await actor.unfinishedFlatten();
    if (unfinished !== null) this.#flattenAll.start(unfinished);
    this.#actor = actor;
    this.#unsubscribe = bus.subscribe(subjects.account('*'), (message) => this.#onMessage(actor, message));
  }

  #end(): void {
    this.#life = undefined;
    this.#actor = undefined;
    this.#flattenAll?.stop();
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  /** A new paper ledger starts with money; the id makes it happen once. */
  async #open(actor: AccountActor): Promise<void> {
    const { ledger, openingBalance } = this.#options;
    const { deposits, version } = await ledger.read('1970-01-01');
    if (version > 0 || deposits > 0n || openingBalance === 0n) return;
    await actor.deposit({
      id: contentId('paper', 'opening balance'),
      amount: openingBalance,
      reason: 'paper money to start with',
    });
  }

  /** The word is kept by the ledger first; then the symbols are told, by whoever owns the account until all have answered. */
  async #flatten(actor: AccountActor, request: ControlRequest): Promise<Reply> {
    const reply = await actor.flatten(request);
    const unfinished = await actor.unfinishedFlatten();
    if (!reply.ok || this.#flattenAll === undefined) return reply;
    if (unfinished !== null) this.#flattenAll.start(unfinished);
    const order = { id: request.id, symbols: reply.symbols as readonly string[] };
    return { ...reply, symbols: await this.#flattenAll.progress(order, FLATTEN_PATIENCE_MS) };
  }

  #onMessage(actor: AccountActor, message: BusMessage): void {
    const command = lastToken(message.subject);
    this.#handle(actor, command, message.data)
      .catch((error: unknown): Reply => {
        this.#options.log.warn({ command, error: (error as Error).message }, 'an account command failed');
        if (error instanceof FencedError)
          return refuse('FENCED', 'the account has moved to another Pod: send the same command again');
        return command === 'get' || command === 'reserve'
          ? refuse('UNAVAILABLE', 'the account can not be reached at the moment: send the same command again')
          : refuse('OUTCOME_UNKNOWN', 'the ledger did not answer: send the same command with the same id again');
      })
      .then((reply) => message.respond(JSON.stringify(reply)));
  }

  async #handle(actor: AccountActor, command: string, data: Uint8Array): Promise<Reply> {
    const { membership, clock } = this.#options;
    if (!membership.holds || this.#actor !== actor)
      return refuse('NOT_OWNER', 'this Pod may have lost the account: send the same command again');
    if (command === 'get') return actor.get();
    const body = decodeJson(data);
    if ('error' in body) return body.error;
    const now = clock.now();
    switch (command) {
      case 'limits': {
        if (isQuestion(body.value)) return actor.limits();
        const result = validate(limitsRequest, body.value, now);
        return 'error' in result ? result.error : actor.setLimits(result.request);
      }
      case 'flatten': {
        const result = validate(controlRequest, body.value, now);
        return 'error' in result ? result.error : this.#flatten(actor, result.request);
      }
      case 'deposit':
      case 'withdraw': {
        const result = validate(cashRequest, body.value, now);
        return 'error' in result ? result.error : actor[command](result.request);
      }
      case 'pause':
      case 'resume':
      case 'halt': {
        const result = validate(controlRequest, body.value, now);
        return 'error' in result ? result.error : actor.control(command, result.request);
      }
      case 'reserve': {
        const result = validate(reserveRequest, body.value, now);
        if ('error' in result) return result.error;
        const { deadline, ...ask } = result.request;
        return { ok: true, ...encodeVerdict(await actor.reserve(ask, deadline)) };
      }
      default:
        return refuse('INVALID', `there is no account command "${command.slice(0, 40)}"`);
    }
  }
}

/** Without anything to set, `limits` only asks. */
function isQuestion(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !('limits' in body) && !('id' in body);
}

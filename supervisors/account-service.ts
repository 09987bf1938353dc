/** Owns the account for this Pod's life: claims the singleton, runs the actor, answers `cp.account.*`. */
import { AccountActor } from '../actors/account/account.ts';
import { decodeJson, validate } from '../actors/symbol/decode.ts';
import { FencedError, type Reply, RetryableError, refuse } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import { cashRequest, controlRequest } from '../protocol/messages.ts';
import type { Bus, BusMessage } from '../protocol/ports/bus.ts';
import { type Clock, sleep } from '../protocol/ports/clock.ts';
import type { AccountPort } from '../protocol/ports/ledger.ts';
import type { OwnershipPort } from '../protocol/ports/ownership.ts';
import type { Log } from '../protocol/ports/log.ts';
import { lastToken, type Subjects } from '../protocol/subjects.ts';
import type { Membership } from './membership.ts';

export interface AccountServiceOptions {
  readonly ledger: AccountPort;
  readonly ownership: OwnershipPort;
  readonly membership: Membership;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: 'on' | 'off';
  readonly marketNow: () => number;
  readonly onFenced: () => void;
  readonly signal: AbortSignal;
}

export class AccountService {
  readonly actor: AccountActor;
  readonly #options: AccountServiceOptions;
  #unsubscribe: (() => void) | undefined;

  private constructor(actor: AccountActor, options: AccountServiceOptions) {
    this.actor = actor;
    this.#options = options;
  }

  /** Waits until the account can be had, then serves it. */
  static async start(options: AccountServiceOptions): Promise<AccountService> {
    const { ownership, membership, clock, ledger, log, bus, subjects } = options;
    let claim = await ownership.claimSingleton(membership.owner, 'account');
    while (claim === undefined) {
      if (options.signal.aborted) throw new RetryableError('stopped while waiting for the account');
      log.info({}, 'another Pod owns the account; waiting');
      await sleep(clock, LIMITS.heartbeatIntervalMs);
      claim = await ownership.claimSingleton(membership.owner, 'account');
    }
    const actor = new AccountActor({
      ledger,
      epoch: claim.epoch,
      limits: options.limits,
      now: options.marketNow,
      wallNow: () => clock.now(),
      onFenced: options.onFenced,
      publish: ({ seq, kind, at, body }) => {
        const event = { stream: 'account', seq, kind, at: new Date(at).toISOString(), ...(body as object) };
        bus.publish(`${subjects.prefix}.event.account.${kind}`, JSON.stringify(event));
      },
    });
    const service = new AccountService(actor, options);
    service.#unsubscribe = bus.subscribe(subjects.account('*'), (message) => service.#onMessage(message));
    return service;
  }

  stop(): void {
    this.#unsubscribe?.();
  }

  #onMessage(message: BusMessage): void {
    const command = lastToken(message.subject);
    this.#handle(command, message.data)
      .catch((error: unknown): Reply => {
        this.#options.log.warn({ command, error: (error as Error).message }, 'an account command failed');
        const asked = command === 'get' || command === 'limits' || error instanceof FencedError;
        return asked
          ? refuse('UNAVAILABLE', 'the account can not be reached at the moment: send the same command again')
          : refuse('OUTCOME_UNKNOWN', 'the ledger did not answer: send the same command with the same id again');
      })
      .then((reply) => message.respond(JSON.stringify(reply)));
  }

  async #handle(command: string, data: Uint8Array): Promise<Reply> {
    const { membership, clock } = this.#options;
    if (!membership.holds)
      return refuse('NOT_OWNER', 'this Pod may have lost the account: send the same command again');
    if (command === 'get') return this.actor.get();
    if (command === 'limits') return this.actor.limits();
    const body = decodeJson(data);
    if ('error' in body) return body.error;
    const now = clock.now();
    switch (command) {
      case 'deposit':
      case 'withdraw': {
        const result = validate(cashRequest, body.value, now);
        return 'error' in result ? result.error : this.actor[command](result.request);
      }
      case 'pause':
      case 'resume':
      case 'halt': {
        const result = validate(controlRequest, body.value, now);
        return 'error' in result ? result.error : this.actor.control(command, result.request);
      }
      default:
        return refuse('INVALID', `there is no account command "${command.slice(0, 40)}"`);
    }
  }
}

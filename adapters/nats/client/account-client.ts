/** The commands and questions of the account. */
import type { AccountCommand } from '../../../protocol/subjects.ts';
import type { AccountReply, Answer, FlattenReply, LimitsReply } from './replies.ts';
import type { Requester, SendOptions } from './requester.ts';
import { type CashRequest, type ControlRequest, checked, type LimitsRequest } from './requests.ts';
import type { AskOptions } from './symbol-client.ts';

export class AccountClient {
  readonly #requester: Requester;

  constructor(requester: Requester) {
    this.#requester = requester;
  }

  get(options?: AskOptions): Promise<Answer<AccountReply>> {
    return this.#send('get', {}, options);
  }

  deposit(request: CashRequest, options?: SendOptions): Promise<Answer<AccountReply>> {
    return this.#send('deposit', checked(request), options);
  }

  /** Takes free cash out. */
  withdraw(request: CashRequest, options?: SendOptions): Promise<Answer<AccountReply>> {
    return this.#send('withdraw', checked(request), options);
  }

  /** No new entries in any symbol; exits go on working. */
  pause(request: ControlRequest, options?: SendOptions): Promise<Answer<AccountReply>> {
    return this.#send('pause', checked(request), options);
  }

  /** Ends a pause or a halt. */
  resume(request: ControlRequest, options?: SendOptions): Promise<Answer<AccountReply>> {
    return this.#send('resume', checked(request), options);
  }

  /** A person must look: no entries anywhere until resumed. */
  halt(request: ControlRequest, options?: SendOptions): Promise<Answer<AccountReply>> {
    return this.#send('halt', checked(request), options);
  }

  /** Entries pause, and every symbol that holds something, or is about to, sells it at market. */
  flatten(request: ControlRequest, options?: SendOptions): Promise<Answer<FlattenReply>> {
    return this.#send('flatten', checked(request), options);
  }

  /** The risk limits, and whether they are enforced. */
  limits(options?: AskOptions): Promise<Answer<LimitsReply>> {
    return this.#send('limits', {}, options);
  }

  /** Other limits, for every Pod from the next decision on. */
  setLimits(request: LimitsRequest, options?: SendOptions): Promise<Answer<LimitsReply>> {
    return this.#send('limits', checked(request), options);
  }

  #send<Reply>(
    command: AccountCommand,
    body: Readonly<Record<string, unknown>>,
    options: SendOptions | undefined,
  ): Promise<Answer<Reply>> {
    return this.#requester.send({ target: 'account', command }, body, options) as Promise<Answer<Reply>>;
  }
}

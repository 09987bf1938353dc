/**
 * A typed client of the engine over its own NATS connection. A command keeps its id over all attempts, so that it is
 * carried out at most once whatever is lost, and is tried until its deadline while owners move. Answers are values; what
 * can't be meant (a number for money, a closed client) throws.
 */
import type { Reply } from '../../../protocol/errors.ts';
import type { Clock, Random } from '../../../protocol/ports/clock.ts';
import { Subjects } from '../../../protocol/subjects.ts';
import { systemClock, systemRandom } from '../../system-clock.ts';
import { uuid7 } from '../../uuid7.ts';
import { AccountClient } from './account-client.ts';
import { ClusterClient, PodClient } from './cluster-client.ts';
import type { Address } from './commands.ts';
import { connectNats } from './nats-wire.ts';
import { Requester, type SendOptions } from './requester.ts';
import { SymbolClient } from './symbol-client.ts';
import type { Wire } from './wire.ts';

export interface ClientSettings {
  /** First part of all subjects; default `cp`. */
  readonly prefix?: string | undefined;
  /** How long a call is tried, in milliseconds; default 10,000. */
  readonly deadlineMs?: number | undefined;
  /** An attempt not answered in this time is followed by another; default 1,000. */
  readonly attemptMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly newId?: (() => string) | undefined;
}

export interface ClientOptions extends ClientSettings {
  /** One server or several of one cluster: `nats://127.0.0.1:4222`. */
  readonly url: string | readonly string[];
  readonly token?: string | undefined;
  /** Shown by the NATS server's monitoring. */
  readonly name?: string | undefined;
}

const DEADLINE_MS = 10_000;
const ATTEMPT_MS = 1_000;

/** A call that waits keeps its process alive, also while there is no connection. */
const waitingClock: Clock = {
  ...systemClock,
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

export class CoinPilotClient {
  readonly account: AccountClient;
  readonly cluster: ClusterClient;
  readonly #wire: Wire;
  readonly #requester: Requester;
  #isClosed = false;

  private constructor(wire: Wire, requester: Requester) {
    this.#wire = wire;
    this.#requester = requester;
    this.account = new AccountClient(requester);
    this.cluster = new ClusterClient(requester);
  }

  /** Throws TerminalError when NATS refuses us (token), RetryableError when it can't be reached. Later breaks are waited out. */
  static async connect(options: ClientOptions): Promise<CoinPilotClient> {
    const { url, token, name = 'coinpilot-client' } = options;
    return CoinPilotClient.over(await connectNats({ url, token, name }), options);
  }

  /** A client over another connection than NATS: for tests and the simulator. */
  static over(wire: Wire, settings: ClientSettings = {}): CoinPilotClient {
    const requester = new Requester(wire, {
      subjects: new Subjects(settings.prefix),
      clock: settings.clock ?? waitingClock,
      random: settings.random ?? systemRandom,
      newId: settings.newId ?? uuid7,
      deadlineMs: settings.deadlineMs ?? DEADLINE_MS,
      attemptMs: settings.attemptMs ?? ATTEMPT_MS,
    });
    return new CoinPilotClient(wire, requester);
  }

  /** Calls that wait for their answer. */
  get pending(): number {
    return this.#requester.pending;
  }

  get connected(): boolean {
    return !this.#isClosed && this.#wire.connected;
  }

  symbol(symbol: string): SymbolClient {
    return new SymbolClient(this.#requester, symbol);
  }

  pod(pod: string): PodClient {
    return new PodClient(this.#requester, pod);
  }

  /** Any request as data, by the same rules; `body` goes out as it is, with an id and a deadline where they belong. */
  send(address: Address, body: Readonly<Record<string, unknown>> = {}, options?: SendOptions): Promise<Reply> {
    return this.#requester.send(address, body, options);
  }

  /** Answers what waits with what is known by now, and ends the connection. Later calls throw. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#requester.close();
    await this.#wire.close();
  }
}

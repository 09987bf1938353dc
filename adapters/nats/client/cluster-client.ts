/**
 * The cluster and its Pods: who is there, who owns what, and changes to both. Adding and draining may be repeated freely; a symbol
 * that is removed already is NOT_FOUND.
 */
import type { ClusterCommand, PodCommand } from '../../../protocol/subjects.ts';
import type { Answer, ClusterReply, DrainReply, PingReply, PodReply } from './replies.ts';
import type { Requester, SendOptions } from './requester.ts';
import { checked, type DrainRequest, type SymbolsRequest } from './requests.ts';
import type { AskOptions } from './symbol-client.ts';

export class ClusterClient {
  readonly #requester: Requester;

  constructor(requester: Requester) {
    this.#requester = requester;
  }

  get(options?: AskOptions): Promise<Answer<ClusterReply>> {
    return this.#send('get', {}, options);
  }

  symbols(options?: AskOptions): Promise<Answer<ClusterReply>> {
    return this.#send('symbols', {}, options);
  }

  add(request: SymbolsRequest, options?: SendOptions): Promise<Answer<ClusterReply>> {
    return this.#send('add', checked(request), options);
  }

  /** Refused while one of the symbols holds a position or an open order. */
  remove(request: SymbolsRequest, options?: SendOptions): Promise<Answer<ClusterReply>> {
    return this.#send('remove', checked(request), options);
  }

  /** Lets a Pod finish its work, give its symbols back and end. */
  drain(request: DrainRequest, options?: SendOptions): Promise<Answer<DrainReply>> {
    return this.#send('drain', checked(request), options);
  }

  #send<Reply>(
    command: ClusterCommand,
    body: Readonly<Record<string, unknown>>,
    options: SendOptions | undefined,
  ): Promise<Answer<Reply>> {
    return this.#requester.send({ target: 'cluster', command }, body, options) as Promise<Answer<Reply>>;
  }
}

export class PodClient {
  readonly pod: string;
  readonly #requester: Requester;

  constructor(requester: Requester, pod: string) {
    this.#requester = requester;
    this.pod = pod;
  }

  ping(options?: AskOptions): Promise<Answer<PingReply>> {
    return this.#send('ping', options);
  }

  /** What this Pod serves and has counted. */
  get(options?: AskOptions): Promise<Answer<PodReply>> {
    return this.#send('get', options);
  }

  #send<Reply>(command: PodCommand, options: SendOptions | undefined): Promise<Answer<Reply>> {
    const address = { target: 'pod', name: this.pod, command } as const;
    return this.#requester.send(address, {}, options) as Promise<Answer<Reply>>;
  }
}

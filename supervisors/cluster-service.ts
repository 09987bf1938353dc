/** Answers `cp.cluster.*` (any Pod may) and `cp.pod.<pod>.*` (this one). */
import { decodeJson, validate } from '../actors/symbol/decode.ts';
import { isSymbol } from '../domain/instrument.ts';
import { type Reply, refuse } from '../protocol/errors.ts';
import { drainRequest, symbolsRequest } from '../protocol/messages.ts';
import type { Bus, BusMessage } from '../protocol/ports/bus.ts';
import type { Clock } from '../protocol/ports/clock.ts';
import type { OwnershipPort } from '../protocol/ports/ownership.ts';
import type { Log } from '../protocol/ports/log.ts';
import { lastToken, type Subjects } from '../protocol/subjects.ts';
import type { Membership } from './membership.ts';
import type { PodStats } from './pod-stats.ts';
import type { SymbolSupervisor } from './symbols.ts';

export interface ClusterServiceOptions {
  readonly membership: Membership;
  readonly ownership: OwnershipPort;
  readonly symbols: SymbolSupervisor;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: PodStats;
  /** Asks this process to drain and end. */
  readonly onDrain: (reason: string) => void;
}

/** Members of this queue group share the questions that any Pod can answer. */
const QUEUE = 'cluster';

export class ClusterService {
  readonly #options: ClusterServiceOptions;
  readonly #unsubscribe: (() => void)[];

  constructor(options: ClusterServiceOptions) {
    this.#options = options;
    const { bus, subjects, membership } = options;
    const { pod } = membership.owner;
    this.#unsubscribe = [
      bus.subscribe(subjects.cluster('*'), (message) => this.#answer(message, this.#cluster(message)), QUEUE),
      bus.subscribe(subjects.pod(pod, 'get'), (message) => this.#answer(message, Promise.resolve(this.#pod()))),
    ];
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #answer(message: BusMessage, reply: Promise<Reply>): void {
    reply
      .catch((error: unknown): Reply => {
        this.#options.log.warn({ error: (error as Error).message }, 'a cluster command failed');
        return refuse('UNAVAILABLE', 'the ledger can not be reached at the moment: ask again');
      })
      .then((answer) => message.respond(JSON.stringify(answer)));
  }

  async #cluster(message: BusMessage): Promise<Reply> {
    const command = lastToken(message.subject);
    if (command === 'get' || command === 'symbols') return this.#view();
    const body = decodeJson(message.data);
    if ('error' in body) return body.error;
    switch (command) {
      case 'add':
      case 'remove':
        return this.#change(command, body.value);
      case 'drain':
        return this.#drain(body.value);
      default:
        return refuse('INVALID', `there is no cluster command "${command.slice(0, 40)}"`);
    }
  }

  async #view(): Promise<Reply> {
    const { ownership, symbols: supervisor } = this.#options;
    const [pods, symbols] = await Promise.all([ownership.pods(), ownership.symbols()]);
    return {
      ok: true,
      pods: pods.map(({ pod, incarnation, symbols: count, draining, heartbeatAgeMs, live }) => ({
        pod,
        incarnation,
        symbols: count,
        draining,
        heartbeatAgeMs,
        live,
      })),
      // What this Pod serves it knows better than the row.
      symbols: symbols.map((row) => ({ ...row, mode: supervisor.hosts.get(row.symbol)?.mode ?? row.mode })),
    };
  }

  async #change(command: 'add' | 'remove', value: unknown): Promise<Reply> {
    const { clock, ownership, symbols: supervisor } = this.#options;
    const result = validate(symbolsRequest, value, clock.now());
    if ('error' in result) return result.error;
    const names = [
      ...(result.request.symbols ?? []),
      ...(result.request.symbol === undefined ? [] : [result.request.symbol]),
    ];
    const bad = names.find((name) => !isSymbol(name));
    if (names.length === 0) return refuse('INVALID', 'symbols: name at least one, such as ["KRW-BTC"]');
    if (bad !== undefined) return refuse('INVALID', `symbols: "${bad.slice(0, 40)}" is not a symbol such as KRW-BTC`);
    if (command === 'add') {
      await ownership.addSymbols(names);
      await supervisor.serve(names);
      return this.#view();
    }
    const removed: string[] = [];
    for (const name of names) {
      if (!(await ownership.removeSymbol(name))) {
        const before = removed.length === 0 ? '' : ` (removed before it: ${removed.join(', ')})`;
        return refuse(
          'REFUSED',
          `${name} is unknown, or holds a position or an open order: flatten it first${before}`,
          {
            symbol: name,
            removed,
          },
        );
      }
      await supervisor.release(name);
      removed.push(name);
    }
    return this.#view();
  }

  async #drain(value: unknown): Promise<Reply> {
    const { clock, membership, ownership, onDrain } = this.#options;
    const result = validate(drainRequest, value, clock.now());
    if ('error' in result) return result.error;
    const { pod, reason } = result.request;
    if (pod !== membership.owner.pod) {
      return refuse('NOT_FOUND', `this Pod is ${membership.owner.pod}: draining another one is not supported yet`, {
        pod,
      });
    }
    await ownership.setDraining(membership.owner);
    onDrain(reason ?? 'drained by command');
    return { ok: true, pod, draining: true };
  }

  #pod(): Reply {
    const { membership, symbols, stats } = this.#options;
    return {
      ok: true,
      pod: membership.owner.pod,
      incarnation: membership.owner.incarnation,
      commands: stats.commands,
      refusals: stats.refusals,
      illegalEvents: stats.illegalEvents,
      candles: stats.candles,
      trades: stats.trades,
      symbols: [...symbols.hosts.values()].map((host) => ({
        symbol: host.symbol,
        mode: host.mode,
        epoch: host.epoch,
        waiting: host.waiting,
        crashes: host.crashes,
      })),
    };
  }
}

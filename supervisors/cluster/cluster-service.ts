/** Answers `cp.cluster.*` (any Pod may) and `cp.pod.<pod>.*` (this one). */
import { decodeJson, validate } from '../../actors/symbol/decode.ts';
import { isSymbol } from '../../domain/instrument.ts';
import { type Reply, refuse } from '../../protocol/errors.ts';
import { drainRequest, symbolsRequest } from '../../protocol/messages.ts';
import type { Bus, BusMessage } from '../../protocol/ports/bus.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { ClusterView, OwnershipPort } from '../../protocol/ports/ownership.ts';
import { lastToken, type Subjects } from '../../protocol/subjects.ts';
import type { PodStats } from '../pod-stats.ts';
import type { SymbolSupervisor } from '../symbols.ts';
import type { ClusterWatch } from './cluster-watch.ts';
import type { Membership } from './membership.ts';

export interface ClusterServiceOptions {
  readonly membership: Membership;
  readonly ownership: OwnershipPort;
  readonly symbols: SymbolSupervisor;
  readonly watch: ClusterWatch;
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
/** How long `add` waits until what it added is served somewhere. */
const SERVED_MS = 3_000;
/** How long another Pod may take to say what it serves. */
const POD_ANSWER_MS = 500;
/** How long another Pod may take to say that it drains. */
const DRAIN_ANSWER_MS = 2_000;

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
      bus.subscribe(subjects.pod(pod, 'drain'), (message) => this.#answer(message, this.#drainThis(message))),
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
    const { ownership, symbols: supervisor, membership } = this.#options;
    const view = await ownership.view();
    const others = view.pods.filter((pod) => pod.live && pod.incarnation !== membership.owner.incarnation);
    const modes = new Map((await Promise.all(others.map((pod) => this.#modesAt(pod.pod)))).flat());
    for (const { symbol, mode } of supervisor.hosts.values()) modes.set(symbol, mode);
    return reply(view, modes);
  }

  /** What another Pod serves it knows better than the rows, which hold the mode of the last commit; empty without an answer. */
  async #modesAt(pod: string): Promise<readonly (readonly [string, string])[]> {
    const { bus, subjects } = this.#options;
    try {
      const data = await bus.request(subjects.pod(pod, 'get'), '', POD_ANSWER_MS);
      const { symbols } = JSON.parse(new TextDecoder().decode(data)) as {
        symbols?: { symbol: string; mode: string }[];
      };
      return (symbols ?? []).map(({ symbol, mode }) => [symbol, mode]);
    } catch {
      return [];
    }
  }

  async #change(command: 'add' | 'remove', value: unknown): Promise<Reply> {
    const { clock } = this.#options;
    const result = validate(symbolsRequest, value, clock.now());
    if ('error' in result) return result.error;
    const names = [
      ...(result.request.symbols ?? []),
      ...(result.request.symbol === undefined ? [] : [result.request.symbol]),
    ];
    const bad = names.find((name) => !isSymbol(name));
    if (names.length === 0) return refuse('INVALID', 'symbols: name at least one, such as ["KRW-BTC"]');
    if (bad !== undefined) return refuse('INVALID', `symbols: "${bad.slice(0, 40)}" is not a symbol such as KRW-BTC`);
    return command === 'add' ? this.#add(names) : this.#remove(names);
  }

  /** Whose it is follows from placement; the answer comes when all are served, or after a while without that. */
  async #add(names: readonly string[]): Promise<Reply> {
    const { ownership, watch } = this.#options;
    const { symbols, pods } = await ownership.view();
    const live = new Set(pods.filter((pod) => pod.live).map((pod) => pod.incarnation));
    const owned = new Set(symbols.filter((row) => live.has(row.incarnation ?? '')).map((row) => row.symbol));
    const waiting = names.filter((name) => !owned.has(name));
    const served = waiting.length === 0 ? undefined : watch.claimed(waiting, SERVED_MS);
    watch.tell(await ownership.addSymbols(names));
    await served;
    return this.#view();
  }

  async #remove(names: readonly string[]): Promise<Reply> {
    const { ownership, symbols: supervisor, watch } = this.#options;
    const removed: string[] = [];
    for (const name of names) {
      const result = await ownership.removeSymbol(name);
      if (result.type !== 'removed') {
        const why =
          result.type === 'unknown'
            ? 'is unknown'
            : 'holds a position or has an open order: flatten or cancel it first';
        const before = removed.length === 0 ? '' : ` (removed before it: ${removed.join(', ')})`;
        return refuse(result.type === 'unknown' ? 'NOT_FOUND' : 'REFUSED', `${name} ${why}${before}`, {
          symbol: name,
          removed,
        });
      }
      // Its owner, if that is another Pod, drops it when it hears of it; its epoch is over already.
      supervisor.remove([name]);
      watch.tell(result.event);
      removed.push(name);
    }
    return this.#view();
  }

  async #drain(value: unknown): Promise<Reply> {
    const { clock, membership, ownership, bus, subjects } = this.#options;
    const result = validate(drainRequest, value, clock.now());
    if ('error' in result) return result.error;
    const { pod, reason } = result.request;
    if (pod === membership.owner.pod) return this.#drainMe(reason);
    const { pods } = await ownership.view();
    const known = pods.filter((row) => row.live).map((row) => row.pod);
    if (!known.includes(pod)) {
      return refuse('NOT_FOUND', `there is no live Pod ${pod.slice(0, 63)}; there are ${known.join(', ')}`, { pod });
    }
    try {
      const data = await bus.request(
        subjects.pod(pod, 'drain'),
        JSON.stringify({ pod, ...(reason === undefined ? {} : { reason }) }),
        DRAIN_ANSWER_MS,
      );
      return JSON.parse(new TextDecoder().decode(data)) as Reply;
    } catch {
      return refuse('UNAVAILABLE', `${pod} does not answer: look at \`cluster get\`, then ask again`, { pod });
    }
  }

  async #drainThis(message: BusMessage): Promise<Reply> {
    const body = decodeJson(message.data);
    if ('error' in body) return body.error;
    const result = validate(drainRequest, body.value, this.#options.clock.now());
    return 'error' in result ? result.error : this.#drainMe(result.request.reason);
  }

  #drainMe(reason: string | undefined): Reply {
    const { pod } = this.#options.membership.owner;
    this.#options.onDrain(reason ?? 'drained by command');
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

function reply(view: ClusterView, modes: ReadonlyMap<string, string>): Reply {
  const owned = new Map<string | null, number>();
  for (const { incarnation } of view.symbols) owned.set(incarnation, (owned.get(incarnation) ?? 0) + 1);
  return {
    ok: true,
    pods: view.pods.map(({ pod, incarnation, state, heartbeatAgeMs, live }) => ({
      pod,
      incarnation,
      symbols: owned.get(incarnation) ?? 0,
      draining: state === 'draining',
      state,
      heartbeatAgeMs,
      live,
    })),
    singletons: view.singletons.map(({ name, owner, epoch }) => ({ name, owner, epoch })),
    symbols: view.symbols.map(({ symbol, owner, epoch, mode }) => ({
      symbol,
      owner,
      epoch,
      mode: modes.get(symbol) ?? mode,
    })),
  };
}

/** The client processes, the same for all contenders, and the load they put on one of them. */

import { Child } from '../../harness/child.ts';
import type { Slice } from '../../harness/interleave.ts';
import type { Scenario } from '../scenarios.ts';
import type { Acknowledged, ClientPlan, FromClient, ToClient } from './client-process.ts';

type Client = Child<ToClient, FromClient>;

/**
 * Two, though each message costs more than with one, as half as many come with each read of a socket: one alone would keep
 * the echo waiting for its core, and a ceiling must be that of the machine.
 */
const PROCESSES = 2;
/** Apart, so that no two processes send the same fills. */
const SEED_STEP = 1_000;

export class Clients {
  readonly #clients: readonly Client[];

  constructor() {
    this.#clients = Array.from({ length: PROCESSES }, () => new Child('client-process.ts', import.meta.url));
  }

  /** Connects every process to the service of this contender. */
  async open(contender: string, plan: Omit<ClientPlan, 'seed'>): Promise<Load> {
    const opened = this.#clients.map((client, index) =>
      client.ask({ type: 'open', contender, plan: { ...plan, seed: index * SEED_STEP } }, 'ready'),
    );
    await Promise.all(opened);
    return new Load(contender, this.#clients);
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.stop({ type: 'close' })));
  }
}

/** Of one contender. */
export class Load {
  readonly #contender: string;
  readonly #clients: readonly Client[];

  constructor(contender: string, clients: readonly Client[]) {
    this.#contender = contender;
    this.#clients = clients;
  }

  /** As many requests in flight as the scenario says, over all processes together. */
  async slice({ inFlight, fillsPerRequest, symbols }: Scenario, durationMs: number): Promise<Slice> {
    const contender = this.#contender;
    const answers = this.#clients.flatMap((client, index) => {
      const share = shareOf(inFlight, index, this.#clients.length);
      const order = { inFlight: share, fillsPerRequest, symbols, durationMs };
      return share === 0 ? [] : [client.ask({ type: 'slice', contender, order }, 'slice')];
    });
    const slices = (await Promise.all(answers)).map(({ slice }) => slice);
    return {
      operations: slices.reduce((sum, { fills }) => sum + fills, 0),
      elapsedMs: Math.max(...slices.map(({ elapsedMs }) => elapsedMs)),
      latenciesMs: slices.flatMap(({ latenciesMs }) => [...latenciesMs]),
    };
  }

  /** Since the last time. */
  async acknowledged(): Promise<readonly Acknowledged[]> {
    const contender = this.#contender;
    const answers = this.#clients.map((client) => client.ask({ type: 'acknowledged', contender }, 'acknowledged'));
    return (await Promise.all(answers)).map(({ acknowledged }) => acknowledged);
  }
}

/** Whole numbers that add up to `total` over all parts. */
function shareOf(total: number, part: number, parts: number): number {
  return Math.floor(((part + 1) * total) / parts) - Math.floor((part * total) / parts);
}

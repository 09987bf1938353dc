/**
 * Somebody who uses a Service: a new connection each time, to one of the Pods that the Service knows as ready. What is ready
 * reaches the nodes' tables late, and a Pod that has gone is still asked for so long.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from './control-plane.ts';
import { type Manifests, matches } from './objects.ts';
import type { Pod } from './pod.ts';
import { askHttp, portOf } from './probe.ts';

export interface Visit {
  /** When it was over, milliseconds since 1970: whoever is killed under a request fails it at that moment. */
  readonly at: number;
  readonly problem: string | undefined;
}

const EVERY_MS = 50;
const TIMEOUT_MS = 5_000;
/** kube-proxy takes from a moment to a second. */
const TABLE_LATE_MS = 500;

export class ServiceClient {
  readonly visits: Visit[] = [];
  readonly #service: string;
  readonly #path: string;
  readonly #controlPlane: ControlPlane;
  readonly #manifests: Manifests;
  /** The newest last; each is in force when it is old enough. */
  readonly #tables: { readonly at: number; readonly pods: readonly Pod[] }[] = [];
  #isRunning = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly service: string;
    readonly path: string;
    readonly controlPlane: ControlPlane;
    readonly manifests: Manifests;
  }) {
    this.#service = options.service;
    this.#path = options.path;
    this.#controlPlane = options.controlPlane;
    this.#manifests = options.manifests;
  }

  start(): void {
    this.#isRunning = true;
    this.#running = this.#visit();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#running;
  }

  async #visit(): Promise<void> {
    const under: Promise<void>[] = [];
    while (this.#isRunning) {
      under.push(this.#ask());
      await delay(EVERY_MS);
    }
    await Promise.all(under);
  }

  async #ask(): Promise<void> {
    const known = this.#known(now());
    const pod = known[Math.floor(Math.random() * known.length)];
    const problem = pod === undefined ? 'the Service knows no Pod' : await this.#get(pod);
    this.visits.push({ at: now(), problem });
  }

  async #get(pod: Pod): Promise<string | undefined> {
    const { ports } = this.#manifests.get('Service', this.#service).spec;
    const [{ port, targetPort = port } = { port: 80 }] = ports;
    const where = { host: pod.identity.address, port: portOf(targetPort, pod.container), timeoutMs: TIMEOUT_MS };
    const problem = await askHttp({ ...where, path: this.#path });
    return problem === undefined ? undefined : `${pod.name} (${pod.state}): ${problem}`;
  }

  /** Who was ready a moment ago. */
  #known(at: number): readonly Pod[] {
    const { selector = {} } = this.#manifests.get('Service', this.#service).spec;
    const pods = this.#controlPlane.pods.filter(({ ready, identity }) => ready && matches(selector, identity.labels));
    this.#tables.push({ at, pods });
    while (this.#tables[1] !== undefined && this.#tables[1].at <= at - TABLE_LATE_MS) this.#tables.shift();
    return this.#tables[0]?.pods ?? [];
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

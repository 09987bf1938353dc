/**
 * The cluster that is not there: nodes, the Pods on them, the controllers that look after them, evictions under budgets. Runs
 * real processes, and keeps what happened to them as events.
 */
import { join } from 'node:path';
import { refusingBudget } from './budget.ts';
import { DeploymentController } from './deployment-controller.ts';
import type { ContainerConfigError } from './environment.ts';
import type { Image } from './image.ts';
import { type Deployment, type Job, type Manifests, matches, type PodTemplate } from './objects.ts';
import type { Pace } from './pace.ts';
import { Pod, type PodEvent } from './pod.ts';
import type { ServiceTable } from './servers.ts';
import type { Undertaker } from './undertaker.ts';

export interface Node {
  readonly name: string;
  /** Takes Pods. */
  isOpen: boolean;
}

export interface ControlPlaneOptions {
  /** Of this rehearsal, for what Pods mount. */
  readonly folder: string;
  readonly image: Image;
  readonly logs: string;
  readonly undertaker: Undertaker;
  readonly manifests: Manifests;
  readonly table: ServiceTable;
  readonly pace: Pace;
}

const NODES = ['node-a', 'node-b', 'node-c'];
const LOOK_EVERY_MS = 50;
/** Of Kubernetes: an eviction that a budget refuses is asked for again by `kubectl drain`. */
const EVICTION_RETRY_SECONDS = 5;
/** Of Kubernetes: so long a node is not heard before it counts as lost, and so long its Pods are then waited for. */
const NODE_SILENT_SECONDS = 40;
const NODE_TOLERATION_SECONDS = 300;
/** Of Kubernetes, where a Job does not say. */
const JOB_RETRIES = 6;
const JOB_BACKOFF_SECONDS = 10;

export class ControlPlane {
  readonly nodes: readonly Node[] = NODES.map((name) => ({ name, isOpen: true }));
  readonly deployments: readonly DeploymentController[];
  readonly events: PodEvent[] = [];
  /** Rejects when a Pod can never run. */
  readonly broken: Promise<never>;
  readonly #options: ControlPlaneOptions;
  /** All there ever were. */
  readonly pods: Pod[] = [];
  #break: (error: ContainerConfigError) => void = () => undefined;
  #loop: NodeJS.Timeout | undefined;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.broken = new Promise((_, reject) => {
      this.#break = reject;
    });
    // Somebody may be waiting for something else at that moment.
    this.broken.catch(() => undefined);
    const create = (deployment: Deployment, template: PodTemplate, revision: number): Pod =>
      this.createPod(`${deployment.metadata.name}-r${revision}`, template, deployment.metadata.namespace);
    this.deployments = options.manifests
      .all('Deployment')
      .map((object) => new DeploymentController(object, { create }));
  }

  /** From now on there is what the Deployments ask for. */
  start(): void {
    this.#loop = setInterval(() => {
      for (const deployment of this.deployments) deployment.reconcile();
    }, LOOK_EVERY_MS);
  }

  deployment(name: string): DeploymentController {
    const found = this.deployments.find((deployment) => deployment.name === name);
    if (found === undefined) throw new Error(`the overlay has no Deployment ${name}`);
    return found;
  }

  get isSettled(): boolean {
    return this.deployments.every(({ isSettled }) => isSettled);
  }

  createPod(prefix: string, template: PodTemplate, namespace = 'default'): Pod {
    const number = this.pods.length + 1;
    const labels = template.metadata?.labels ?? {};
    const name = `${prefix}-${number.toString(36).padStart(3, '0')}`;
    const address = `127.1.${Math.floor(number / 250)}.${(number % 250) + 1}`;
    const node = this.#choose(labels);
    const pod = new Pod({
      identity: { name, namespace, node: node.name, address, labels },
      template,
      image: this.#options.image,
      manifests: this.#options.manifests,
      network: { address, loopback: address.replace('127.1', '127.2'), ...this.#options.table },
      folder: join(this.#options.folder, 'mounts', name),
      logFile: join(this.#options.logs, `${name}.log`),
      undertaker: this.#options.undertaker,
      pace: this.#options.pace,
      onEvent: (event) => this.events.push(event),
      onBroken: (error) => this.#break(error),
    });
    this.pods.push(pod);
    return pod;
  }

  /** Rejects when its Pods have failed more often than it allows. */
  async run({ metadata, spec }: Job): Promise<void> {
    const { backoffLimit = JOB_RETRIES, template } = spec;
    for (let failures = 0; failures <= backoffLimit; failures += 1) {
      if (failures > 0) await this.#options.pace.wait(JOB_BACKOFF_SECONDS * 2 ** (failures - 1));
      const pod = this.createPod(metadata.name, template, metadata.namespace);
      await pod.gone;
      if (pod.exit?.code === 0) return;
    }
    throw new Error(`Job ${metadata.name} has failed more than ${backoffLimit} times`);
  }

  /** `kubectl drain`: nothing new comes, what is there is evicted as soon as its budget allows. Resolves when it is empty. */
  async drain(node: Node): Promise<{ readonly refusals: number }> {
    node.isOpen = false;
    let refusals = 0;
    const evict = async (pod: Pod): Promise<void> => {
      for (;;) {
        const owner = this.deployments.find(({ pods }) => pods.includes(pod));
        if (owner === undefined || pod.state !== 'running') break;
        const { labels } = pod.identity;
        const healthy = { labels, ready: owner.available.length, expected: owner.replicas };
        if (refusingBudget(this.#options.manifests.all('PodDisruptionBudget'), healthy) === undefined) break;
        refusals += 1;
        await this.#options.pace.wait(EVICTION_RETRY_SECONDS);
      }
      await pod.delete();
    };
    await Promise.all(this.#on(node).map(evict));
    return { refusals };
  }

  /** Every process of a node ends at once; the control plane notices later. Resolves when it has given the Pods up. */
  async lose(node: Node): Promise<void> {
    node.isOpen = false;
    const lost = this.#on(node);
    for (const pod of lost) pod.lose();
    await this.#options.pace.wait(NODE_SILENT_SECONDS);
    for (const pod of lost) pod.forget();
    await this.#options.pace.wait(NODE_TOLERATION_SECONDS);
    for (const pod of lost) pod.giveUp();
  }

  /** Ends everything that runs, in the manifest's way. */
  async stop(): Promise<void> {
    clearInterval(this.#loop);
    await Promise.all(this.pods.map((pod) => (pod.state === 'running' ? pod.delete() : undefined)));
    this.kill();
  }

  /** Ends everything at once. */
  kill(): void {
    clearInterval(this.#loop);
    for (const pod of this.pods) if (pod.state !== 'gone') pod.lose();
  }

  /** The last words of the Pods that are not well, for a message. */
  explain(): string {
    const unwell = this.pods.filter(({ state, ready }) => state === 'terminating' || (state === 'running' && !ready));
    return unwell.map((pod) => `${pod.name} (${pod.state}, ${pod.restarts} restarts): ${pod.log}`).join('\n');
  }

  #on({ name }: Node): Pod[] {
    return this.pods.filter(({ identity, state }) => identity.node === name && state === 'running');
  }

  /** The open node with the fewest of the same kind, then with the fewest at all. */
  #choose(labels: Readonly<Record<string, string>>): Node {
    const weight = (node: Node): number => {
      const pods = this.#on(node);
      return 1_000 * pods.filter(({ identity }) => matches(labels, identity.labels)).length + pods.length;
    };
    const [best] = this.nodes.filter(({ isOpen }) => isOpen).toSorted((one, other) => weight(one) - weight(other));
    if (best === undefined) throw new Error('no node takes Pods');
    return best;
  }
}

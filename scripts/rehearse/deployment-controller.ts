/**
 * A Deployment and its ReplicaSets: keeps as many Pods as it should, and replaces those of an old template by new ones as
 * maxSurge and maxUnavailable allow. Looks at what there is and draws one conclusion after another, as the original does.
 */
import { latitudeOf } from './budget.ts';
import type { Deployment, PodTemplate } from './objects.ts';
import type { Pod } from './pod.ts';

export interface PodFactory {
  create(deployment: Deployment, template: PodTemplate, revision: number): Pod;
}

interface OwnedPod {
  readonly pod: Pod;
  readonly revision: number;
}

export class DeploymentController {
  readonly deployment: Deployment;
  replicas: number;
  readonly #factory: PodFactory;
  #template: PodTemplate;
  #revision = 1;
  #owned: OwnedPod[] = [];

  constructor(deployment: Deployment, factory: PodFactory) {
    this.deployment = deployment;
    this.#factory = factory;
    this.#template = deployment.spec.template;
    this.replicas = deployment.spec.replicas ?? 1;
  }

  get name(): string {
    return this.deployment.metadata.name;
  }

  get pods(): readonly Pod[] {
    return this.#owned.map(({ pod }) => pod);
  }

  get available(): readonly Pod[] {
    return this.pods.filter((pod) => this.#isAvailable(pod));
  }

  /** As many as there should be, all of the newest template and available, and nothing that is still ending. */
  get isSettled(): boolean {
    const { length } = this.#owned;
    return (
      length === this.replicas && this.#owned.every((owned) => this.#isNewest(owned) && this.#isAvailable(owned.pod))
    );
  }

  atLeast(replicas: number): void {
    this.replicas = Math.max(this.replicas, replicas);
  }

  /** `kubectl rollout restart`: the same template with another annotation. */
  rollOut(): void {
    this.#revision += 1;
    const { metadata } = this.#template;
    const annotations = { ...metadata?.annotations, 'coinpilot.example/rehearsal': String(this.#revision) };
    this.#template = { ...this.#template, metadata: { ...metadata, annotations } };
  }

  /** One look. */
  reconcile(): void {
    this.#owned = this.#owned.filter(({ pod }) => pod.state !== 'gone');
    const counted = this.#owned.filter(({ pod }) => pod.state !== 'terminating');
    const older = counted.filter((owned) => !this.#isNewest(owned));
    if (older.length === 0) this.#keep(counted);
    else this.#replace(counted, older);
  }

  #keep(counted: readonly OwnedPod[]): void {
    this.#create(this.replicas - counted.length);
    const surplus = Math.max(0, counted.length - this.replicas);
    for (const { pod } of counted.toSorted(cheapestFirst).slice(0, surplus)) void pod.delete();
  }

  #replace(counted: readonly OwnedPod[], older: readonly OwnedPod[]): void {
    const { surge, unavailable } = latitudeOf(this.deployment, this.replicas);
    const newer = counted.length - older.length;
    this.#create(Math.min(this.replicas - newer, this.replicas + surge - counted.length));
    const working = counted.filter(({ pod }) => this.#isAvailable(pod)).length;
    let spare = working - (this.replicas - unavailable);
    for (const { pod } of older.toSorted(cheapestFirst)) {
      const isMissed = this.#isAvailable(pod);
      if (isMissed && spare <= 0) continue;
      if (isMissed) spare -= 1;
      void pod.delete();
    }
  }

  #create(count: number): void {
    // Recreate: nothing new while anything old is there, what is ending included.
    const waits =
      this.deployment.spec.strategy?.type === 'Recreate' && !this.#owned.every((pod) => this.#isNewest(pod));
    for (let index = 0; !waits && index < count; index += 1) {
      const pod = this.#factory.create(this.deployment, this.#template, this.#revision);
      this.#owned.push({ pod, revision: this.#revision });
    }
  }

  #isNewest({ revision }: OwnedPod): boolean {
    return revision === this.#revision;
  }

  #isAvailable({ ready, readySince }: Pod): boolean {
    const { minReadySeconds = 0 } = this.deployment.spec;
    return ready && performance.now() - (readySince ?? 0) >= minReadySeconds * 1_000;
  }
}

/** Whom it costs least to end: one that is not ready, then the one that has been for the shortest time. */
function cheapestFirst(one: OwnedPod, other: OwnedPod): number {
  return (other.pod.readySince ?? Number.POSITIVE_INFINITY) - (one.pod.readySince ?? Number.POSITIVE_INFINITY) || 0;
}

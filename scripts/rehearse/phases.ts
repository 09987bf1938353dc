/** What happens to a cluster in its life, one after another, with what may happen to Pods because of it. */
import { nextReplicas, rulesOf, type ScaleStep, SYNC_SECONDS } from './autoscaler.ts';
import type { ControlPlane, Node } from './control-plane.ts';
import type { Manifests } from './objects.ts';
import type { Pace } from './pace.ts';
import type { PodEventKind } from './pod.ts';

export interface Stage {
  readonly controlPlane: ControlPlane;
  readonly manifests: Manifests;
  readonly pace: Pace;
  /** Resolves when every Deployment has what it asks for and every symbol is served. */
  readonly whenCalm: () => Promise<void>;
}

export interface Phase {
  /** For `--phase`. */
  readonly name: string;
  readonly title: string;
  /** Left out by `--quick`. */
  readonly isLong: boolean;
  /** What else may happen to Pods than that they start and end when asked. */
  readonly expected: readonly PodEventKind[];
  /** Requests may be led to Pods that are gone, because a cluster does not know better for a while. */
  readonly mayMissVisits: boolean;
  /** Returns what is worth saying about it. */
  readonly run: (stage: Stage) => Promise<string>;
}

const ENGINE = 'engine';
const MANY = 10;
const POLL_SECONDS = 1;

export const PHASES: readonly Phase[] = [
  {
    name: 'engine',
    title: 'rolling update, engine',
    isLong: false,
    expected: [],
    mayMissVisits: false,
    run: (stage) => rollOut(stage, [ENGINE]),
  },
  {
    name: 'others',
    title: 'rolling update, the rest',
    isLong: true,
    expected: [],
    mayMissVisits: false,
    run: (stage) => {
      const names = stage.controlPlane.deployments.map(({ name }) => name);
      return rollOut(
        stage,
        names.filter((name) => name !== ENGINE),
      );
    },
  },
  {
    name: 'eviction',
    title: 'a node is drained',
    isLong: false,
    expected: [],
    mayMissVisits: false,
    async run({ controlPlane, whenCalm }) {
      const node = nodeOf(controlPlane, ENGINE);
      const { refusals } = await controlPlane.drain(node);
      await whenCalm();
      node.isOpen = true;
      return `the budgets said "not yet" ${refusals} times`;
    },
  },
  {
    name: 'probe',
    title: 'an engine Pod hangs',
    isLong: true,
    expected: ['unhealthy', 'killed'],
    mayMissVisits: false,
    async run({ controlPlane, pace, whenCalm }) {
      const [pod] = controlPlane.deployment(ENGINE).pods;
      const before = pod?.restarts ?? 0;
      pod?.freeze();
      while (pod?.restarts === before) await pace.wait(POLL_SECONDS);
      await whenCalm();
      return 'SIGSTOP; its liveness probe restarted it';
    },
  },
  {
    name: 'scale',
    title: `scale 2 → ${MANY} → 2`,
    isLong: true,
    expected: [],
    mayMissVisits: false,
    async run(stage) {
      const least = stage.manifests.get('HorizontalPodAutoscaler', ENGINE).spec.minReplicas ?? 1;
      const up = await follow(stage, MANY);
      const down = await follow(stage, least);
      return `by the autoscaler's rules: ${up.join(' ')} and ${down.join(' ')}`;
    },
  },
  {
    name: 'node',
    title: 'a node is lost',
    isLong: false,
    expected: ['lost'],
    mayMissVisits: true,
    async run({ controlPlane, whenCalm }) {
      const node = nodeOf(controlPlane, ENGINE);
      const before = controlPlane.events.length;
      await controlPlane.lose(node);
      await whenCalm();
      node.isOpen = true;
      const lost = controlPlane.events.slice(before).filter(({ kind }) => kind === 'lost');
      return `kill -9 of ${lost.map(({ pod }) => pod).join(', ')}`;
    },
  },
];

async function rollOut({ controlPlane, whenCalm }: Stage, names: readonly string[]): Promise<string> {
  for (const name of names) controlPlane.deployment(name).rollOut();
  await whenCalm();
  return names.map((name) => `${controlPlane.deployment(name).replicas} × ${name}`).join(', ');
}

/** Asks for so many, and follows as fast as the autoscaler's rules allow. Returns the numbers on the way. */
async function follow({ controlPlane, manifests, pace, whenCalm }: Stage, wanted: number): Promise<readonly number[]> {
  const autoscaler = manifests.get('HorizontalPodAutoscaler', ENGINE);
  const deployment = controlPlane.deployment(ENGINE);
  const direction = wanted > deployment.replicas ? 'up' : 'down';
  // It goes by the highest (lowest) wish of the window, so that a new one counts when the window is over.
  await pace.wait(rulesOf(autoscaler, direction).stabilizationWindowSeconds ?? 0);
  const steps: ScaleStep[] = [];
  const numbers = [deployment.replicas];
  for (let now = 0; deployment.replicas !== wanted; now += SYNC_SECONDS) {
    const replicas = nextReplicas(autoscaler, { replicas: deployment.replicas, wanted, now, steps });
    if (replicas !== deployment.replicas) {
      steps.push({ at: now, change: replicas - deployment.replicas });
      numbers.push(replicas);
      deployment.replicas = replicas;
      // Its next step comes long after that on a cluster.
      await whenCalm();
    }
    await pace.wait(SYNC_SECONDS);
  }
  return numbers;
}

/** Of the first Pod of a Deployment. */
function nodeOf(controlPlane: ControlPlane, deployment: string): Node {
  const name = controlPlane.deployment(deployment).pods[0]?.identity.node;
  const node = controlPlane.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`${deployment} has no Pod on any node`);
  return node;
}

/** A rollout never goes below what its strategy promises, and a Recreate never has two generations at once. */
import { describe, expect, it } from 'vitest';
import { DeploymentController } from '../../../scripts/rehearse/deployment-controller.ts';
import type { Deployment } from '../../../scripts/rehearse/objects.ts';
import type { Pod } from '../../../scripts/rehearse/pod.ts';

/** As far as the controller looks at one. Deleting asks it to end; when it has, is the test's to say. */
class FakePod {
  readonly revision: number;
  state: Pod['state'] = 'running';
  readySince: number | undefined;

  constructor(revision: number) {
    this.revision = revision;
  }

  get ready(): boolean {
    return this.state === 'running' && this.readySince !== undefined;
  }

  async delete(): Promise<void> {
    this.state = 'terminating';
  }
}

const ROLLING = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
const ALREADY = -1_000;

function deploy(replicas: number, strategy: Deployment['spec']['strategy'] = ROLLING) {
  const pods: FakePod[] = [];
  const deployment: Deployment = {
    kind: 'Deployment',
    metadata: { name: 'engine' },
    spec: { replicas, strategy, selector: {}, template: { spec: { containers: [] } } },
  };
  const controller = new DeploymentController(deployment, {
    create(_deployment, _template, revision) {
      const pod = new FakePod(revision);
      pods.push(pod);
      return pod as unknown as Pod;
    },
  });
  const look = () => controller.reconcile();
  const ready = () => {
    for (const pod of pods) if (pod.state === 'running') pod.readySince ??= ALREADY;
  };
  const end = () => {
    for (const pod of pods) if (pod.state === 'terminating') pod.state = 'gone';
  };
  /** Revision and state of those that are there. */
  const seen = () =>
    pods
      .filter(({ state }) => state !== 'gone')
      .map(({ revision, state, ready }) => `${revision} ${ready ? 'ready' : state}`);
  look();
  ready();
  return { controller, look, ready, end, seen };
}

describe('a rolling update of two with a surge of one and none missing', () => {
  it('waits for a new Pod to be ready before it ends an old one, and ends one at a time', () => {
    const { controller, look, ready, end, seen } = deploy(2);
    controller.rollOut();
    look();
    look();
    expect(seen()).toEqual(['1 ready', '1 ready', '2 running']);
    ready();
    look();
    look();
    expect(seen().filter((pod) => pod === '1 ready')).toEqual(['1 ready']);
    expect(seen().filter((pod) => pod.startsWith('2'))).toEqual(['2 ready', '2 running']);
    expect(controller.isSettled).toBe(false);
    ready();
    end();
    look();
    expect(seen()).toEqual(['1 terminating', '2 ready', '2 ready']);
    expect(controller.isSettled).toBe(false);
    end();
    look();
    expect(seen()).toEqual(['2 ready', '2 ready']);
    expect(controller.isSettled).toBe(true);
  });
});

describe('a Recreate', () => {
  it('starts nothing new before everything old has gone', () => {
    const { controller, look, end, seen } = deploy(2, { type: 'Recreate' });
    controller.rollOut();
    look();
    look();
    expect(seen()).toEqual(['1 terminating', '1 terminating']);
    end();
    look();
    expect(seen()).toEqual(['2 running', '2 running']);
  });
});

describe('scaling', () => {
  it('ends those that are not ready first', () => {
    const { controller, look, seen } = deploy(2);
    controller.replicas = 3;
    look();
    expect(seen()).toEqual(['1 ready', '1 ready', '1 running']);
    controller.replicas = 2;
    look();
    expect(seen()).toEqual(['1 ready', '1 ready', '1 terminating']);
  });
});

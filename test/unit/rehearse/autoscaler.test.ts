/** An autoscaler follows a wish as fast as its rules allow, and a budget lets no more Pods go than it says. */
import { describe, expect, it } from 'vitest';
import { nextReplicas, rulesOf, type ScaleStep, SYNC_SECONDS } from '../../../scripts/rehearse/autoscaler.ts';
import { latitudeOf, refusingBudget } from '../../../scripts/rehearse/budget.ts';
import type { Autoscaler, Deployment, DisruptionBudget } from '../../../scripts/rehearse/objects.ts';

type Behavior = Autoscaler['spec']['behavior'];

function autoscaler(behavior?: Behavior): Autoscaler {
  return {
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'engine' },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'engine' },
      minReplicas: 2,
      maxReplicas: 10,
      ...(behavior === undefined ? {} : { behavior }),
    },
  };
}

/** The number at each look until it is the one that is wanted. */
function follow(target: Autoscaler, from: number, wanted: number): number[] {
  const steps: ScaleStep[] = [];
  const numbers = [from];
  for (let now = 0; numbers.at(-1) !== wanted && numbers.length < 100; now += SYNC_SECONDS) {
    const replicas = numbers.at(-1)!;
    const next = nextReplicas(target, { replicas, wanted, now, steps });
    if (next !== replicas) steps.push({ at: now, change: next - replicas });
    numbers.push(next);
  }
  return numbers;
}

describe('an autoscaler', () => {
  it('adds four or doubles each 15 s, and takes all away at once, where nothing is said', () => {
    expect(follow(autoscaler(), 2, 10)).toEqual([2, 6, 10]);
    expect(follow(autoscaler(), 10, 2)).toEqual([10, 2]);
    expect(rulesOf(autoscaler(), 'down').stabilizationWindowSeconds).toBe(300);
  });

  it('adds two each 30 s when told so: every other look', () => {
    const policies = [{ type: 'Pods' as const, value: 2, periodSeconds: 30 }];
    expect(follow(autoscaler({ scaleUp: { policies } }), 2, 6)).toEqual([2, 4, 4, 6]);
  });

  it('takes one each 60 s when told so: every fourth look', () => {
    const policies = [{ type: 'Pods' as const, value: 1, periodSeconds: 60 }];
    expect(follow(autoscaler({ scaleDown: { policies } }), 4, 2)).toEqual([4, 3, 3, 3, 3, 2]);
  });

  it('takes the strictest policy for Min, and none for Disabled', () => {
    const policies = [
      { type: 'Percent' as const, value: 50, periodSeconds: 15 },
      { type: 'Pods' as const, value: 1, periodSeconds: 15 },
    ];
    const state = { replicas: 10, wanted: 2, now: 0, steps: [] };
    expect(nextReplicas(autoscaler({ scaleDown: { policies } }), state)).toBe(5);
    expect(nextReplicas(autoscaler({ scaleDown: { policies, selectPolicy: 'Min' } }), state)).toBe(9);
    expect(nextReplicas(autoscaler({ scaleDown: { policies, selectPolicy: 'Disabled' } }), state)).toBe(10);
  });

  it('never leaves its bounds', () => {
    expect(nextReplicas(autoscaler(), { replicas: 9, wanted: 40, now: 0, steps: [] })).toBe(10);
    expect(nextReplicas(autoscaler(), { replicas: 3, wanted: 0, now: 0, steps: [] })).toBe(2);
  });
});

describe('a rolling update', () => {
  const deployment = (strategy?: Deployment['spec']['strategy']): Deployment => ({
    kind: 'Deployment',
    metadata: { name: 'engine' },
    spec: { selector: {}, template: { spec: { containers: [] } }, ...(strategy === undefined ? {} : { strategy }) },
  });

  it.each<[Deployment['spec']['strategy'], number, { surge: number; unavailable: number }]>([
    [{ rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, 2, { surge: 1, unavailable: 0 }],
    // A quarter each, the one rounded up, the other down.
    [undefined, 10, { surge: 3, unavailable: 2 }],
    [{ rollingUpdate: { maxSurge: 0, maxUnavailable: '25%' } }, 2, { surge: 0, unavailable: 1 }],
    [{ type: 'Recreate' }, 2, { surge: 0, unavailable: 2 }],
  ])('of %j over %i Pods has a latitude of %j', (strategy, replicas, latitude) => {
    expect(latitudeOf(deployment(strategy), replicas)).toEqual(latitude);
  });
});

describe('a disruption budget', () => {
  const budget = (rule: Partial<DisruptionBudget['spec']>): DisruptionBudget => ({
    kind: 'PodDisruptionBudget',
    metadata: { name: 'engine' },
    spec: { selector: { matchLabels: { app: 'engine' } }, ...rule },
  });
  const healthy = { labels: { app: 'engine', other: 'x' }, ready: 3, expected: 3 };

  it.each<[Partial<DisruptionBudget['spec']>, number, string | undefined]>([
    [{ maxUnavailable: 1 }, 3, undefined],
    [{ maxUnavailable: 1 }, 2, 'engine'],
    [{ maxUnavailable: 0 }, 3, 'engine'],
    [{ minAvailable: 2 }, 3, undefined],
    [{ minAvailable: '100%' }, 3, 'engine'],
  ])('%j with %i of 3 ready: refused by %s', (rule, ready, refusing) => {
    expect(refusingBudget([budget(rule)], { ...healthy, ready })).toBe(refusing);
  });

  it('does not ask about Pods it does not select', () => {
    expect(refusingBudget([budget({ maxUnavailable: 0 })], { ...healthy, labels: { app: 'gateway' } })).toBeUndefined();
  });
});

/** A HorizontalPodAutoscaler that has been told what load wants: how fast its rules let it follow. */
import type { Autoscaler, ScalingRules } from './objects.ts';

/** What was added or taken, and when: seconds. */
export interface ScaleStep {
  readonly at: number;
  readonly change: number;
}

type Policy = NonNullable<ScalingRules['policies']>[number];

/** Of Kubernetes, where a manifest says nothing. */
const UP: ScalingRules = {
  stabilizationWindowSeconds: 0,
  policies: [
    { type: 'Percent', value: 100, periodSeconds: 15 },
    { type: 'Pods', value: 4, periodSeconds: 15 },
  ],
};
const DOWN: ScalingRules = {
  stabilizationWindowSeconds: 300,
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};
/** How often it looks. */
export const SYNC_SECONDS = 15;

/** Those of the manifest, and Kubernetes' own for what it leaves out. */
export function rulesOf(
  { spec }: Autoscaler,
  direction: 'up' | 'down',
): Required<Pick<ScalingRules, 'policies'>> & ScalingRules {
  const standard = direction === 'up' ? UP : DOWN;
  const given = direction === 'up' ? spec.behavior?.scaleUp : spec.behavior?.scaleDown;
  return { ...standard, ...given, policies: given?.policies ?? standard.policies ?? [] };
}

/** The replicas after a look at `now`, when `wanted` are asked for. */
export function nextReplicas(
  autoscaler: Autoscaler,
  state: {
    readonly replicas: number;
    readonly wanted: number;
    readonly now: number;
    readonly steps: readonly ScaleStep[];
  },
): number {
  const { replicas, now, steps } = state;
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  const wanted = Math.min(Math.max(state.wanted, minReplicas), maxReplicas);
  if (wanted === replicas) return replicas;
  const direction = wanted > replicas ? 'up' : 'down';
  const { policies, selectPolicy = 'Max' } = rulesOf(autoscaler, direction);
  if (selectPolicy === 'Disabled') return replicas;
  const changes = policies.map((policy) => {
    const recent = steps.filter(
      ({ at, change }) => now - at < policy.periodSeconds && change > 0 === (direction === 'up'),
    );
    const done = recent.reduce((sum, { change }) => sum + Math.abs(change), 0);
    const before = direction === 'up' ? replicas - done : replicas + done;
    return Math.max(0, amount(policy, before) - done);
  });
  const allowed = selectPolicy === 'Max' ? Math.max(...changes) : Math.min(...changes);
  return direction === 'up' ? Math.min(wanted, replicas + allowed) : Math.max(wanted, replicas - allowed);
}

function amount({ type, value }: Policy, replicas: number): number {
  return type === 'Pods' ? value : Math.ceil((replicas * value) / 100);
}

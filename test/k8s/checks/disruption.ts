/** Whoever drains a node takes one Pod of each kind at a time, and is never held up for good. */
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { titleOf } from '../../../scripts/k8s/objects.ts';
import { type Cluster, type Selector, selects } from '../cluster.ts';

export function disruption(cluster: Cluster): string[] {
  const budgets = cluster.all<IPodDisruptionBudget>('PodDisruptionBudget');
  const held = budgets.filter(({ spec }) => spec?.maxUnavailable !== 1 || spec.minAvailable !== undefined);
  const unguarded = cluster.workloads.filter(({ object, labels }) => {
    const { replicas = 2 } = object.spec as { replicas?: number };
    // Of one Pod a budget could only forbid every drain.
    if (object.kind === 'Job' || (object.kind === 'StatefulSet' && replicas === 1)) return false;
    return !budgets.some(({ spec }) => selects(spec?.selector as Selector, labels));
  });
  return [
    ...held.map((budget) => `${titleOf(budget)} must allow one Pod to go at a time (maxUnavailable 1)`),
    ...unguarded.map(({ title }) => `${title} has no PodDisruptionBudget`),
  ];
}

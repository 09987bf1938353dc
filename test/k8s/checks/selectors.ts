/** Whoever selects Pods selects those it means. */
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { titleOf } from '../../../scripts/k8s/objects.ts';
import { type Cluster, type Selector, selects } from '../cluster.ts';

export function selectors(cluster: Cluster): string[] {
  return [...ofWorkloads(cluster), ...ofServices(cluster), ...ofBudgets(cluster), ...ofPolicies(cluster)];
}

function ofWorkloads({ workloads }: Cluster): string[] {
  return workloads.flatMap(({ object, title, labels, spec }) => {
    const problems: string[] = [];
    const { selector } = object.spec as { readonly selector?: Selector };
    // A Job selects its Pods by a label that it makes itself.
    if (object.kind !== 'Job' && !selects(selector, labels)) problems.push(`${title} does not select its own Pods`);
    const others = workloads.filter((other) => other.object !== object && selects(selector, other.labels));
    for (const other of others) problems.push(`${title} selects the Pods of ${other.title}`);
    for (const { topologyKey, labelSelector } of spec.topologySpreadConstraints ?? [])
      if (!selects(labelSelector as Selector, labels))
        problems.push(`${title}: ${topologyKey} spreads other Pods than its own`);
    return problems;
  });
}

/** One workload each: two behind one name would share its traffic. */
function ofServices(cluster: Cluster): string[] {
  return cluster.services.flatMap((service) => {
    const found = cluster.podGroups.filter(({ labels }) =>
      selects({ matchLabels: service.spec?.selector ?? {} }, labels),
    );
    return found.length === 1 ? [] : [`${titleOf(service)} selects ${found.length} workloads, not one`];
  });
}

function ofBudgets(cluster: Cluster): string[] {
  return cluster.all<IPodDisruptionBudget>('PodDisruptionBudget').flatMap((budget) => {
    const found = cluster.workloads.filter(({ labels }) => selects(budget.spec?.selector as Selector, labels));
    return found.length === 1 ? [] : [`${titleOf(budget)} selects ${found.length} workloads, not one`];
  });
}

/** A policy for Pods that are not there, or that lets in Pods that are not there, has a name wrong. */
function ofPolicies(cluster: Cluster): string[] {
  return cluster.all<INetworkPolicy>('NetworkPolicy').flatMap((policy) => {
    const peers = [
      ...(policy.spec?.ingress ?? []).flatMap((rule) => rule.from ?? []),
      ...(policy.spec?.egress ?? []).flatMap((rule) => rule.to ?? []),
    ];
    const own = peers
      .filter(({ namespaceSelector }) => namespaceSelector === undefined)
      .map((peer) => peer.podSelector);
    return [policy.spec?.podSelector, ...own].flatMap((selector) => {
      if (selector === undefined) return [];
      return missing(selector as Selector, cluster).map((text) => `${titleOf(policy)} selects no Pods by ${text}`);
    });
  });
}

/** Each value of a list by itself: one that is misspelled hides behind the others. */
function missing(selector: Selector, { podGroups }: Cluster): string[] {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const values = [
    ...Object.entries(matchLabels),
    ...matchExpressions.flatMap(({ key, values = [] }) => values.map((value): [string, string] => [key, value])),
  ];
  return values
    .filter(([name, value]) => !podGroups.some(({ labels }) => labels[name] === value))
    .map(([name, value]) => `${name}: ${value}`);
}

/** A port that is named or numbered somewhere is one the Pods have. */
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IProbe } from 'kubernetes-models/v1';
import { titleOf } from '../../../scripts/k8s/objects.ts';
import { type Cluster, type PodGroup, type Selector, selects } from '../cluster.ts';

export function ports(cluster: Cluster): string[] {
  return [...ofServices(cluster), ...ofProbes(cluster), ...ofPolicies(cluster)];
}

export function hasPort({ ports: known }: PodGroup, port: number | string): boolean {
  return known.some(({ name, number }) => port === name || port === number);
}

function ofServices(cluster: Cluster): string[] {
  return cluster.services.flatMap((service) => {
    const groups = cluster.podGroups.filter(({ labels }) =>
      selects({ matchLabels: service.spec?.selector ?? {} }, labels),
    );
    return (service.spec?.ports ?? []).flatMap(({ port, targetPort = port }) =>
      groups
        .filter((group) => !hasPort(group, targetPort))
        .map((group) => `${titleOf(service)} leads to port ${targetPort}, which ${group.title} does not have`),
    );
  });
}

function ofProbes(cluster: Cluster): string[] {
  return cluster.workloads.flatMap((workload) =>
    workload.containers.flatMap((container) => {
      const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
      return probes.flatMap((probe: IProbe | undefined) => {
        const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
        if (port === undefined || hasPort(workload, port)) return [];
        return [`${workload.title}: a probe asks port ${port}, which ${container.name} does not have`];
      });
    }),
  );
}

/** Only for Pods of this namespace: what others listen on is theirs. */
function ofPolicies(cluster: Cluster): string[] {
  return cluster.all<INetworkPolicy>('NetworkPolicy').flatMap((policy) => {
    const { podSelector, ingress = [], egress = [] } = policy.spec ?? {};
    const rules = [
      ...ingress.map((rule) => ({ ports: rule.ports, selectors: [podSelector] })),
      ...egress.map((rule) => ({
        ports: rule.ports,
        selectors: (rule.to ?? [])
          .filter((peer) => peer.namespaceSelector === undefined)
          .map((peer) => peer.podSelector),
      })),
    ];
    return rules.flatMap((rule) => {
      const groups = cluster.podGroups.filter(({ labels }) =>
        rule.selectors.some((selector) => selects(selector as Selector | undefined, labels)),
      );
      const named = (rule.ports ?? []).flatMap(({ port }) => (port === undefined ? [] : [port]));
      return named.flatMap((port) =>
        groups
          .filter((group) => !hasPort(group, port))
          .map((group) => `${titleOf(policy)} allows port ${port}, which ${group.title} does not have`),
      );
    });
  });
}

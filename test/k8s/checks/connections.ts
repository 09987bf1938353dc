/** The network policies let through what the workloads are told to talk to, and nothing of ours goes without one. */
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { titleOf } from '../../../scripts/k8s/objects.ts';
import { type Cluster, type PodGroup, type Selector, selects } from '../cluster.ts';
import { type Address, addressesOf, isOutside, serviceOf } from './addresses.ts';
import { hasPort } from './ports.ts';

type Rule = {
  readonly peers: readonly { podSelector?: unknown; namespaceSelector?: unknown; ipBlock?: unknown }[] | undefined;
  readonly ports: readonly { port?: number | string; endPort?: number; protocol?: string }[] | undefined;
};

export function connections(cluster: Cluster): string[] {
  const needed = cluster.workloads.flatMap((workload) =>
    addressesOf(cluster, workload).flatMap((address) => ofAddress(cluster, workload, address)),
  );
  return [...deniedByDefault(cluster), ...openToAll(cluster), ...needed];
}

/** A rule lets in whom it names, the gateway's alone may let in anybody; and it lets out to somebody, or by some port. */
function openToAll(cluster: Cluster): string[] {
  const gateways = cluster.workloads.filter(({ object }) => object.metadata.name === 'gateway');
  return cluster.all<INetworkPolicy>('NetworkPolicy').flatMap((policy) => {
    const { podSelector, ingress = [], egress = [] } = policy.spec ?? {};
    const isGateway = gateways.some(({ labels }) => selects(podSelector as Selector | undefined, labels));
    const lets = isGateway
      ? ingress.some(({ ports }) => ports === undefined)
      : ingress.some(({ from }) => from === undefined);
    return [
      ...(lets ? [`${titleOf(policy)} lets anybody in`] : []),
      ...(egress.some(({ to, ports }) => to === undefined && ports === undefined)
        ? [`${titleOf(policy)} lets everything out`]
        : []),
    ];
  });
}

/** Without it everything that no policy selects is open. */
function deniedByDefault(cluster: Cluster): string[] {
  const denies = (direction: string): boolean =>
    cluster.all<INetworkPolicy>('NetworkPolicy').some(({ spec }) => {
      const { podSelector, policyTypes = [], ingress = [], egress = [] } = spec ?? {};
      const isForAll = podSelector !== undefined && Object.keys(podSelector).length === 0;
      return isForAll && policyTypes.includes(direction as 'Ingress') && ingress.length + egress.length === 0;
    });
  return ['Ingress', 'Egress']
    .filter((direction) => !denies(direction))
    .map((direction) => `no policy denies ${direction} by default`);
}

function ofAddress(cluster: Cluster, from: PodGroup, address: Address): string[] {
  const outgoing = rulesFor(cluster, from, 'egress');
  const text = `${from.title} to ${address.host}:${address.port}`;
  if (!allowsNames(outgoing)) return [`${text}: names can't be resolved (port 53 of kube-dns)`];
  if (isOutside(address)) {
    const allowed = outgoing.some(
      (rule) => allowsPort(rule, [address.port]) && (rule.peers?.some((peer) => peer.ipBlock) ?? true),
    );
    return allowed ? [] : [`${text}: no policy lets it out`];
  }
  const service = serviceOf(cluster, address);
  const target = service?.spec?.ports?.find(({ port }) => port === address.port);
  const group = cluster.podGroups.find(({ labels }) => selects({ matchLabels: service?.spec?.selector ?? {} }, labels));
  // That an address leads nowhere is told by others.
  if (service === undefined || target === undefined || group === undefined) return [];
  const port = target.targetPort ?? target.port;
  if (!hasPort(group, port)) return [];
  const { number, name } = group.ports.find((known) => known.name === port || known.number === port) ?? { number: 0 };
  const names = [number, ...(name === undefined ? [] : [name])];
  const out = outgoing.some((rule) => allowsPort(rule, names) && allowsPeer(rule, group));
  const incoming = rulesFor(cluster, group, 'ingress');
  const into = incoming.some((rule) => allowsPort(rule, names) && allowsPeer(rule, from));
  return [...(out ? [] : [`${text}: no policy lets it out`]), ...(into ? [] : [`${text}: no policy lets it in`])];
}

function rulesFor(cluster: Cluster, { labels }: PodGroup, direction: 'ingress' | 'egress'): readonly Rule[] {
  const policies = cluster.all<INetworkPolicy>('NetworkPolicy');
  // Rules of a direction that the policy does not name are not looked at.
  const type = direction === 'ingress' ? 'Ingress' : 'Egress';
  const selecting = policies.filter(
    ({ spec }) => selects(spec?.podSelector as Selector | undefined, labels) && spec?.policyTypes?.includes(type),
  );
  return selecting.flatMap(({ spec }) =>
    direction === 'ingress'
      ? (spec?.ingress ?? []).map((rule) => ({ peers: rule.from, ports: rule.ports }))
      : (spec?.egress ?? []).map((rule) => ({ peers: rule.to, ports: rule.ports })),
  );
}

function allowsPort({ ports }: Rule, names: readonly (number | string)[]): boolean {
  return ports === undefined || ports.some(({ port }) => port === undefined || names.includes(port));
}

function allowsPeer({ peers }: Rule, { labels }: PodGroup): boolean {
  if (peers === undefined) return true;
  return peers.some(
    (peer) => peer.namespaceSelector === undefined && selects(peer.podSelector as Selector | undefined, labels),
  );
}

/** As every cluster labels what resolves names. */
const NAMES = { 'k8s-app': 'kube-dns' };
const NAMES_NAMESPACE = { 'kubernetes.io/metadata.name': 'kube-system' };

function allowsNames(rules: readonly Rule[]): boolean {
  return rules.some(
    (rule) =>
      allowsPort(rule, [53]) &&
      (rule.ports ?? []).some(({ protocol }) => protocol === 'UDP') &&
      rule.peers?.some(
        ({ namespaceSelector, podSelector }) =>
          selects(namespaceSelector as Selector | undefined, NAMES_NAMESPACE) &&
          selects(podSelector as Selector | undefined, NAMES),
      ),
  );
}

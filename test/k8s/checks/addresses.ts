/**
 * Every address of something in the cluster is fully qualified and leads to a Service, at a port of it. A short name is completed by
 * search lists that differ from Pod to Pod and from node to node: it failed in production once.
 */
import type { IContainer } from 'kubernetes-models/v1';
import { isFields } from '../../../scripts/k8s/objects.ts';
import type { Cluster, Workload } from '../cluster.ts';
import { environmentOf } from '../environment.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const CLUSTER_DOMAIN = '.svc.cluster.local';
const ADDRESS =
  /(?:\b[a-z][a-z0-9+]*:\/\/(?:[^\s"'@/]+@)?|(?<=^|[\s"'=,]))([a-z][a-z0-9.-]*):(\d{2,5})(?=$|[\s"'/,?\]])/gi;

export function addresses(cluster: Cluster): string[] {
  return cluster.workloads.flatMap((workload) =>
    addressesOf(cluster, workload).flatMap((address) => {
      const problem = problemOf(cluster, address);
      return problem === undefined ? [] : [`${workload.title}: ${address.host}:${address.port} ${problem}`];
    }),
  );
}

/** All that the containers of a workload are told to talk to. */
export function addressesOf(cluster: Cluster, workload: Workload): readonly Address[] {
  const texts = workload.containers.flatMap((container) => textsOf(cluster, workload, container));
  const found = texts.flatMap((text) =>
    [...text.matchAll(ADDRESS)].map(([, host = '', port]) => ({ host: host.toLowerCase(), port: Number(port) })),
  );
  const unique = new Map(found.map((address) => [`${address.host}:${address.port}`, address]));
  return [...unique.values()];
}

function textsOf(cluster: Cluster, { spec }: Workload, container: IContainer): string[] {
  const mounted = (container.volumeMounts ?? []).flatMap(({ name }) => {
    const volume = spec.volumes?.find((candidate) => candidate.name === name);
    return Object.values(cluster.values('ConfigMap', volume?.configMap?.name ?? '') ?? {});
  });
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  const variables = Object.values(environmentOf(cluster, container)).map((value) => value ?? '');
  return [...variables, ...words, ...mounted.map(withoutComments)];
}

const withoutComments = (text: string): string => text.replace(/^\s*#.*$/gm, '');

export function isOutside({ host }: Address): boolean {
  return !host.endsWith(CLUSTER_DOMAIN);
}

/** The Service that an address leads to, by its own name or by that of a Pod of a headless one. */
export function serviceOf(cluster: Cluster, { host }: Address): Cluster['services'][number] | undefined {
  const [namespace, service, pod] = host.slice(0, -CLUSTER_DOMAIN.length).split('.').reverse();
  const found = cluster.services.find(({ metadata }) => metadata.name === service && metadata.namespace === namespace);
  if (pod === undefined || found === undefined) return found;
  return hasPod(cluster, found, pod) ? found : undefined;
}

function hasPod(cluster: Cluster, service: Cluster['services'][number], pod: string): boolean {
  return cluster.all('StatefulSet').some(({ metadata, spec }) => {
    if (!isFields(spec) || spec.serviceName !== service.metadata.name) return false;
    const names = Array.from({ length: Number(spec.replicas ?? 1) }, (_, index) => `${metadata.name}-${index}`);
    return names.includes(pod);
  });
}

function problemOf(cluster: Cluster, address: Address): string | undefined {
  const { host, port } = address;
  if (host === 'localhost') return 'is the Pod itself, which runs no server';
  if (isOutside(address)) {
    const own = [...cluster.services.map(({ metadata }) => metadata.name), 'svc'];
    const looksInside =
      !host.includes('.') ||
      (host.split('.').some((part) => own.includes(part)) && !/\.(?:com|net|org|io)$/.test(host));
    return looksInside ? `must be fully qualified, with ${CLUSTER_DOMAIN} at its end` : undefined;
  }
  const service = serviceOf(cluster, address);
  if (service === undefined) return 'leads to no Service';
  const ports = (service.spec?.ports ?? []).map((known) => known.port);
  return ports.includes(port)
    ? undefined
    : `leads to Service ${service.metadata.name}, which has ports ${ports.join(', ')}`;
}

/** What a Pod refers to is there: ConfigMaps, Secrets and their keys, volumes, ServiceAccounts. */
import type { IContainer, IVolume } from 'kubernetes-models/v1';
import type { Cluster, Workload } from '../cluster.ts';

export function references(cluster: Cluster): string[] {
  return cluster.workloads.flatMap((workload) => {
    const problems = [
      ...ofAccount(cluster, workload),
      ...(workload.spec.volumes ?? []).flatMap((volume) => ofVolume(cluster, workload, volume)),
      ...workload.containers.flatMap((container) => [
        ...ofVariables(cluster, container),
        ...ofMounts(workload, container),
      ]),
    ];
    return problems.map((problem) => `${workload.title}: ${problem}`);
  });
}

function ofAccount(cluster: Cluster, { spec }: Workload): string[] {
  const { serviceAccountName: name } = spec;
  const isThere = cluster.all('ServiceAccount').some(({ metadata }) => metadata.name === name);
  return isThere ? [] : [`there is no ServiceAccount ${name}`];
}

function ofVolume(cluster: Cluster, { containers }: Workload, { name, configMap, secret }: IVolume): string[] {
  const problems: string[] = [];
  if (configMap !== undefined && cluster.values('ConfigMap', configMap.name ?? '') === undefined)
    problems.push(`there is no ConfigMap ${configMap.name}`);
  if (secret !== undefined && cluster.values('Secret', secret.secretName ?? '') === undefined)
    problems.push(`there is no Secret ${secret.secretName}`);
  const isMounted = containers.some(({ volumeMounts = [] }) => volumeMounts.some((mount) => mount.name === name));
  return isMounted ? problems : [...problems, `volume ${name} is mounted by nobody`];
}

function ofVariables(cluster: Cluster, { env = [], envFrom = [] }: IContainer): string[] {
  if (envFrom.length > 0) return ['envFrom takes whatever a Secret holds: name each variable'];
  return env.flatMap(({ name, value, valueFrom }, index) => {
    const before = env.slice(0, index).map((other) => other.name);
    // Kubernetes leaves what it does not know yet as it stands, and of two of one name the last one holds.
    const unknown = [...(value ?? '').matchAll(/\$\((\w+)\)/g)].filter(([, other = '']) => !before.includes(other));
    if (unknown.length > 0) return [`${name}: ${unknown[0]?.[0]} does not stand before it`];
    if (before.includes(name)) return [`${name} is given twice`];
    const { secretKeyRef, configMapKeyRef } = valueFrom ?? {};
    const reference = secretKeyRef ?? configMapKeyRef;
    if (reference === undefined) return [];
    const kind = secretKeyRef === undefined ? 'ConfigMap' : 'Secret';
    const values = cluster.values(kind, reference.name ?? '');
    if (values === undefined) return [`${name}: there is no ${kind} ${reference.name}`];
    return reference.key in values ? [] : [`${name}: ${kind} ${reference.name} has no key ${reference.key}`];
  });
}

function ofMounts({ spec, object }: Workload, { volumeMounts = [] }: IContainer): string[] {
  const claims = (object.spec as { volumeClaimTemplates?: readonly { metadata?: { name?: string } }[] })
    .volumeClaimTemplates;
  const names = [
    ...(spec.volumes ?? []).map(({ name }) => name),
    ...(claims ?? []).map(({ metadata }) => metadata?.name),
  ];
  return volumeMounts.filter(({ name }) => !names.includes(name)).map(({ name }) => `there is no volume ${name}`);
}

/** What a Pod may do to its node and to the cluster: as little as it can do its work with. */
import type { IServiceAccount } from 'kubernetes-models/v1';
import { titleOf } from '../../../scripts/k8s/objects.ts';
import type { Cluster, Workload } from '../cluster.ts';

export function security(cluster: Cluster): string[] {
  const pods = cluster.workloads.flatMap((workload) =>
    [...ofPod(workload), ...ofContainers(workload)].map((problem) => `${workload.title}: ${problem}`),
  );
  const accounts = cluster
    .all<IServiceAccount>('ServiceAccount')
    .filter(({ automountServiceAccountToken }) => automountServiceAccountToken !== false)
    .map((account) => `${titleOf(account)} mounts its token`);
  return [...pods, ...accounts, ...ofNamespace(cluster)];
}

function ofPod({ spec }: Workload): string[] {
  const problems: string[] = [];
  const { runAsNonRoot, runAsUser = 0, seccompProfile } = spec.securityContext ?? {};
  if (runAsNonRoot !== true || runAsUser === 0) problems.push('may run as root');
  if (seccompProfile?.type !== 'RuntimeDefault') problems.push('has no seccomp profile');
  if (spec.automountServiceAccountToken !== false) problems.push('mounts the token of its ServiceAccount');
  if (spec.enableServiceLinks !== false) problems.push('gets variables for every Service');
  if (spec.hostNetwork || spec.hostPID || spec.hostIPC) problems.push('shares what is the node’s');
  if ((spec.volumes ?? []).some(({ hostPath }) => hostPath !== undefined)) problems.push('mounts a folder of the node');
  const unbounded = (spec.volumes ?? []).filter(
    ({ emptyDir }) => emptyDir !== undefined && emptyDir.sizeLimit === undefined,
  );
  for (const { name } of unbounded) problems.push(`volume ${name} may fill the node`);
  return problems;
}

function ofContainers({ containers, spec }: Workload): string[] {
  return containers.flatMap(({ name, securityContext }) => {
    const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities, privileged, runAsUser } =
      securityContext ?? {};
    const problems: string[] = [];
    if (allowPrivilegeEscalation !== false) problems.push('may gain rights');
    if (readOnlyRootFilesystem !== true) problems.push('may write to its root file system');
    if (!capabilities?.drop?.includes('ALL') || (capabilities.add ?? []).length > 0)
      problems.push('keeps capabilities');
    if (privileged === true || (runAsUser ?? spec.securityContext?.runAsUser) === 0)
      problems.push('is root on its node');
    return problems.map((problem) => `${name} ${problem}`);
  });
}

/** The API server refuses by itself what this check would find; and everything of ours is in that namespace. */
function ofNamespace(cluster: Cluster): string[] {
  const [namespace, ...more] = cluster.all('Namespace');
  if (namespace === undefined || more.length > 0) return ['there must be one Namespace'];
  const { name, labels = {} } = namespace.metadata;
  const elsewhere = cluster.objects.filter(({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== name);
  return [
    ...(labels['pod-security.kubernetes.io/enforce'] === 'restricted' ? [] : [`Namespace ${name} is not restricted`]),
    ...elsewhere.map((object) => `${titleOf(object)} is not in namespace ${name}`),
  ];
}

/** How Pods come and go: none before its successor serves, none killed while it hands over, and not all on one node. */
import type { IDeployment } from 'kubernetes-models/apps/v1';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Cluster, Workload } from '../cluster.ts';

/** Of a busy node, before the kernel ends what the program would have ended by itself. */
const SPARE_SECONDS = 10;
const MILLISECONDS = 1_000;

export function rollout(cluster: Cluster): string[] {
  return cluster.workloads.flatMap((workload) =>
    [
      ...ofGrace(workload),
      ...ofReplicas(workload),
      ...ofStrategy(workload),
      ...ofSpread(workload),
      ...ofJob(workload),
    ].map((problem) => `${workload.title}: ${problem}`),
  );
}

function ofGrace({ spec, isOurs, object, containers }: Workload): string[] {
  if (!isOurs || object.kind === 'Job') return [];
  // The grace begins with the preStop, not with the signal behind it.
  const waits = containers.map(({ lifecycle }) => {
    const [command, seconds] = lifecycle?.preStop?.exec?.command ?? [];
    return command === 'sleep' ? Number(seconds) : 0;
  });
  const needed = Math.max(...waits) + LIMITS.stopTimeoutMs / MILLISECONDS + SPARE_SECONDS;
  const grace = spec.terminationGracePeriodSeconds ?? 30;
  return grace < needed ? [`a stop may take ${needed} s, its grace is ${grace} s`] : [];
}

/** One collector alone has nobody who takes over. The engine's number is its autoscaler's. */
function ofReplicas({ object }: Workload): string[] {
  const { replicas = 2 } = object.spec as { replicas?: number };
  const least = object.metadata.name === 'collector' ? 2 : 1;
  return replicas < least ? [`runs ${replicas} Pods, at least ${least} are needed`] : [];
}

function ofStrategy({ object }: Workload): string[] {
  if (object.kind !== 'Deployment') return [];
  const { type, rollingUpdate } = (object as unknown as IDeployment).spec?.strategy ?? {};
  const { maxSurge, maxUnavailable } = rollingUpdate ?? {};
  const isRight = type === 'RollingUpdate' && maxSurge === 1 && maxUnavailable === 0;
  return isRight ? [] : ['a rollout must add one Pod (maxSurge 1) before it ends one (maxUnavailable 0)'];
}

/** One Pod needs no spread; a Job has one. */
function ofSpread({ object, spec }: Workload): string[] {
  const { replicas = 2 } = object.spec as { replicas?: number };
  if (object.kind === 'Job' || (object.kind === 'StatefulSet' && replicas === 1)) return [];
  const keys = (spec.topologySpreadConstraints ?? []).map(({ topologyKey }) => topologyKey);
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname']
    .filter((key) => !keys.includes(key))
    .map((key) => `its Pods are not spread by ${key}`);
}

function ofJob({ object }: Workload): string[] {
  if (object.kind !== 'Job') return [];
  const { activeDeadlineSeconds, ttlSecondsAfterFinished } = object.spec as Readonly<Record<string, unknown>>;
  return [
    ...(activeDeadlineSeconds === undefined ? ['it may run for ever'] : []),
    ...(ttlSecondsAfterFinished === undefined ? ['it stays for ever'] : []),
  ];
}

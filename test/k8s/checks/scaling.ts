/** The engine scales between two and ten Pods, by numbers that somebody measures. */
import { readFileSync } from 'node:fs';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { parse } from 'yaml';
import { titleOf } from '../../../scripts/k8s/objects.ts';
import { K8S } from '../../../scripts/k8s/render.ts';
import { PodStats } from '../../../supervisors/pod-stats.ts';
import { podMetrics } from '../../../supervisors/roles/pod-metrics.ts';
import type { Cluster } from '../cluster.ts';

const REPLICAS_MIN = 2;
const REPLICAS_MAX = 10;

export function scaling(cluster: Cluster): string[] {
  const scalers = cluster.all<IHorizontalPodAutoscaler>('HorizontalPodAutoscaler');
  const problems = scalers.flatMap((scaler) =>
    ofScaler(cluster, scaler).map((problem) => `${titleOf(scaler)}: ${problem}`),
  );
  return scalers.some(({ metadata }) => metadata.name === 'engine')
    ? problems
    : [...problems, 'the engine does not scale'];
}

function ofScaler(cluster: Cluster, { spec }: IHorizontalPodAutoscaler): string[] {
  const { scaleTargetRef, minReplicas = 1, maxReplicas = 0, metrics = [], behavior } = spec ?? {};
  const target = cluster.workloads.find(
    ({ object }) => object.kind === scaleTargetRef?.kind && object.metadata.name === scaleTargetRef.name,
  );
  if (target === undefined) return [`there is no ${scaleTargetRef?.kind} ${scaleTargetRef?.name}`];
  const problems: string[] = [];
  if (target.object.apiVersion !== scaleTargetRef?.apiVersion)
    problems.push(`apiVersion ${scaleTargetRef?.apiVersion} is wrong`);
  if (minReplicas !== REPLICAS_MIN || maxReplicas !== REPLICAS_MAX)
    problems.push(`scales from ${minReplicas} to ${maxReplicas}`);
  if ((target.object.spec as { replicas?: number }).replicas !== undefined)
    problems.push('the target sets replicas itself: each apply would undo the scaling');
  if ((behavior?.scaleDown?.stabilizationWindowSeconds ?? 0) < 300) problems.push('goes down before a lull has lasted');
  for (const metric of metrics) {
    if (metric.type === 'Resource') {
      const name = metric.resource?.name ?? '';
      const unknown = target.containers.filter(({ resources }) => resources?.requests?.[name] === undefined);
      if (unknown.length > 0) problems.push(`scales by ${name}, of which its Pods request none`);
    } else if (!isMeasured(metric.pods?.metric.name ?? '')) {
      problems.push(`scales by ${metric.pods?.metric.name}, which nobody measures`);
    }
  }
  const hasFallback = metrics.some(({ type }) => type === 'Resource');
  return hasFallback ? problems : [...problems, 'has no metric that needs nothing installed'];
}

export interface AdapterRule {
  readonly seriesQuery: string;
  readonly name: { readonly as: string };
}

/** The adapter makes the metric, and our Pods export what it makes it of. */
export function isMeasured(name: string, rules = adapterRules(), exported = podMetrics(NO_POD)): boolean {
  const rule = rules.find((candidate) => candidate.name.as === name);
  const series = /^[a-z_]+/.exec(rule?.seriesQuery ?? '')?.[0];
  return exported.some((metric) => metric.name === series);
}

/** Only its names are asked for. */
const NO_POD = { stats: new PodStats(), symbols: undefined };

function adapterRules(): readonly AdapterRule[] {
  const file = readFileSync(`${K8S}/components/load-metric/adapter-rule.yaml`, 'utf8');
  return (parse(file) as { rules: { custom: readonly AdapterRule[] } }).rules.custom;
}

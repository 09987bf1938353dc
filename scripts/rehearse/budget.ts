/** How many Pods may be missing: of a rolling update by its strategy, of an eviction by its budget. */
import { type Deployment, type DisruptionBudget, matches } from './objects.ts';

/** A number, or a percentage of `total`, rounded as Kubernetes does for each of its uses. */
export function share(value: number | string, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const exact = (total * Number(value.replace('%', ''))) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}

export interface Latitude {
  /** Pods beyond the replicas, while a rollout is under way. */
  readonly surge: number;
  /** Pods that may be missing meanwhile. */
  readonly unavailable: number;
}

const QUARTER = '25%';

export function latitudeOf({ spec }: Deployment, replicas: number): Latitude {
  if (spec.strategy?.type === 'Recreate') return { surge: 0, unavailable: replicas };
  const { maxSurge = QUARTER, maxUnavailable = QUARTER } = spec.strategy?.rollingUpdate ?? {};
  const latitude = { surge: share(maxSurge, replicas, 'up'), unavailable: share(maxUnavailable, replicas, 'down') };
  // Percentages of few replicas can come to nothing at all; then one may be missing.
  return latitude.surge === 0 && latitude.unavailable === 0 ? { surge: 0, unavailable: 1 } : latitude;
}

interface Healthy {
  readonly labels: Readonly<Record<string, string>>;
  /** Pods of the same controller that are ready, and that there should be. */
  readonly ready: number;
  readonly expected: number;
}

/** The name of a budget that does not allow one Pod less; undefined when all do. */
export function refusingBudget(
  budgets: readonly DisruptionBudget[],
  { labels, ready, expected }: Healthy,
): string | undefined {
  const refusing = budgets.find(({ spec }) => {
    if (!matches(spec.selector.matchLabels ?? {}, labels)) return false;
    const { minAvailable, maxUnavailable } = spec;
    const least =
      minAvailable === undefined
        ? expected - share(maxUnavailable ?? 1, expected, 'up')
        : share(minAvailable, expected, 'up');
    return ready - 1 < least;
  });
  return refusing?.metadata.name;
}

/** What a page knows of the Pods: the engine's own answer, and until it comes what the ledger holds. */
import { type Json, listOf, numberOf, textOf } from './json.ts';
import type { ClusterView } from './types.ts';

export function fromClusterState(data: Json): ClusterView {
  return {
    pods: listOf(data.pods).map((pod) => ({
      pod: textOf(pod.pod) ?? '?',
      live: pod.live === true,
      symbols: numberOf(pod.symbols),
      draining: pod.draining === true,
      heartbeatAgeMs: numberOf(pod.heartbeatAgeMs),
    })),
    symbols: listOf(data.symbols).map(symbolOf),
  };
}

/** A snapshot says who owns what, by the ledger; whether a Pod lives only the engine says, so the last word on that stays. */
export function fromClusterSnapshot(data: Json, before: ClusterView | undefined): ClusterView {
  const symbols = listOf(data.symbols).map(symbolOf);
  const known = new Map(before?.pods.map((pod) => [pod.pod, pod]));
  return {
    pods: listOf(data.pods).map((row) => {
      const pod = textOf(row.pod) ?? '?';
      return {
        pod,
        live: known.get(pod)?.live ?? true,
        symbols: symbols.filter(({ owner }) => owner === pod).length,
        draining: row.draining === true,
        heartbeatAgeMs: known.get(pod)?.heartbeatAgeMs ?? 0,
      };
    }),
    symbols: symbols.map((symbol) => ({
      ...symbol,
      mode: before?.symbols.find((other) => other.symbol === symbol.symbol)?.mode ?? symbol.mode,
    })),
  };
}

function symbolOf(row: Json): ClusterView['symbols'][number] {
  return {
    symbol: textOf(row.symbol) ?? '?',
    owner: textOf(row.owner),
    epoch: numberOf(row.epoch),
    mode: textOf(row.mode) ?? '',
  };
}

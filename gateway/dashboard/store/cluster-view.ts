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
      heartbeatAgeMs: typeof pod.heartbeatAgeMs === 'number' ? pod.heartbeatAgeMs : null,
    })),
    symbols: listOf(data.symbols).map(symbolOf),
  };
}

/**
 * A snapshot says who owns what and which Pods live, by the ledger at this moment, so also when no engine is left to answer;
 * a symbol's mode only the engine says, so the last word on that stays. `now`: when it was heard, milliseconds since the epoch.
 */
export function fromClusterSnapshot(data: Json, before: ClusterView | undefined, now: number): ClusterView {
  const symbols = listOf(data.symbols).map(symbolOf);
  return {
    pods: listOf(data.pods).map((row) => {
      const pod = textOf(row.pod) ?? '?';
      return {
        pod,
        live: row.live === true,
        symbols: symbols.filter(({ owner }) => owner === pod).length,
        draining: row.draining === true,
        heartbeatAgeMs: ageAt(now, row.heartbeatAt),
      };
    }),
    symbols: symbols.map((symbol) => ({
      ...symbol,
      mode: before?.symbols.find((other) => other.symbol === symbol.symbol)?.mode ?? symbol.mode,
    })),
  };
}

/** Null: nobody knows. The ledger's clock may be ahead of this one, but no heartbeat comes from the future. */
function ageAt(now: number, at: unknown): number | null {
  const time = Date.parse(textOf(at) ?? '');
  return Number.isFinite(time) ? Math.max(now - time, 0) : null;
}

function symbolOf(row: Json): ClusterView['symbols'][number] {
  return {
    symbol: textOf(row.symbol) ?? '?',
    owner: textOf(row.owner),
    epoch: numberOf(row.epoch),
    mode: textOf(row.mode) ?? '',
  };
}

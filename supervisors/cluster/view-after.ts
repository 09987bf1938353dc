/**
 * The view after an event of the cluster: most events say all there is to know, so that nobody has to read the ledger for
 * them. Eight Pods that drain at once would otherwise read it a hundred times while clients wait.
 */
import { LIMITS } from '../../protocol/limits.ts';
import type { ClusterEventBody, ClusterView, PodRow, SymbolOwnership } from '../../protocol/ports/ownership.ts';

export type CommittedEvent = ClusterEventBody & { readonly seq: number };

/** Undefined when the view has to be read: an event is missing before this one, or it does not say everything. */
export function viewAfter(view: ClusterView, event: CommittedEvent): ClusterView | undefined {
  if (event.seq !== view.version + 1) return undefined;
  const change = changeOf(view, event);
  return change === undefined ? undefined : { ...view, ...change, version: event.seq };
}

function changeOf(view: ClusterView, event: CommittedEvent): Partial<ClusterView> | undefined {
  const { pod = null, incarnation = null } = event;
  switch (event.change) {
    case 'joined':
      return pod === null || incarnation === null ? undefined : { pods: withPod(view.pods, pod, incarnation) };
    case 'serving':
    case 'draining': {
      const state = event.change;
      return { pods: view.pods.map((row) => (row.incarnation === incarnation ? { ...row, state } : row)) };
    }
    case 'expired':
      return {
        pods: view.pods.map((row) => (row.incarnation === incarnation ? { ...row, live: false, leaseLeftMs: 0 } : row)),
      };
    case 'left':
      return { pods: view.pods.filter((row) => row.incarnation !== incarnation) };
    case 'claimed': {
      const epochs = new Map(event.claimed?.map(({ symbol, epoch }) => [symbol, epoch]));
      return symbolsChanged(view, (row) => {
        const epoch = epochs.get(row.symbol);
        return epoch === undefined ? row : { ...row, owner: pod, incarnation, epoch };
      });
    }
    case 'released': {
      const released = new Set(event.symbols);
      return symbolsChanged(view, (row) =>
        released.has(row.symbol) ? { ...row, owner: null, incarnation: null } : row,
      );
    }
    case 'removed': {
      const removed = new Set(event.symbols);
      return { symbols: view.symbols.filter((row) => !removed.has(row.symbol)) };
    }
    case 'singleton-claimed':
    case 'singleton-released':
    case 'added':
      // Rare, and rows of them may be new.
      return undefined;
  }
}

/** A new life: the row of an older life of the same name is gone. A registration that came twice changes no state. */
function withPod(pods: readonly PodRow[], pod: string, incarnation: string): readonly PodRow[] {
  const others = pods.filter((row) => row.pod !== pod);
  const state = pods.find((row) => row.incarnation === incarnation)?.state ?? 'joining';
  const row = { pod, incarnation, state, heartbeatAgeMs: 0, live: true, leaseLeftMs: LIMITS.leaseTtlMs };
  return [...others, row].sort((a, b) => (a.pod < b.pod ? -1 : 1));
}

function symbolsChanged(view: ClusterView, change: (row: SymbolOwnership) => SymbolOwnership): Partial<ClusterView> {
  return { symbols: view.symbols.map(change) };
}

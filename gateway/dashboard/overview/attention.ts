/** What a person should know first: everything that is not as it should be, the worst first. Pure. */
import type { Stop } from '../../../protocol/feed.ts';
import { stopFor } from '../store/stops.ts';
import type { AccountView, Aged, ClusterView, Connection, SymbolView } from '../store/types.ts';

export type Attention =
  | { readonly type: 'accountHalted' | 'accountPaused'; readonly stop: Stop }
  | { readonly type: 'symbolHalted' | 'symbolPaused'; readonly symbol: string; readonly stop: Stop }
  | { readonly type: 'unknownOrder' | 'orphan'; readonly symbol: string }
  | { readonly type: 'podDown' | 'podDraining'; readonly pod: string }
  | { readonly type: 'accountStale' | 'engineSilent'; readonly ageMs: number }
  | { readonly type: 'stalePrice'; readonly symbol: string; readonly ageMs: number };

export interface Situation {
  readonly connection: Connection;
  readonly now: number;
  readonly account: Aged<AccountView> | undefined;
  readonly cluster: Aged<ClusterView> | undefined;
  readonly symbols: readonly {
    readonly symbol: string;
    readonly view: Aged<SymbolView> | undefined;
    readonly price: Aged<string> | undefined;
  }[];
}

/** A price that has not moved may just be quiet: only a long silence asks for attention. */
export const QUIET_PRICE_MS = 60_000;
/** The engine is asked twice a second while somebody watches. */
export const QUIET_ENGINE_MS = 10_000;

export function attentionOf(situation: Situation): readonly Attention[] {
  const { account, symbols } = situation;
  const found: Attention[] = [];
  if (account !== undefined && account.value.halted !== null) {
    found.push({ type: 'accountHalted', stop: stopFor(account.value.stops, 'halt', account.value.halted) });
  }
  for (const { symbol, view } of symbols) {
    if (view === undefined) continue;
    const { haltedReason, stops, openOrders } = view.value;
    if (haltedReason !== null) {
      found.push({ type: 'symbolHalted', symbol, stop: stopFor(stops, 'halt', haltedReason) });
    }
    if (openOrders.some(({ status }) => status === 'unknown')) found.push({ type: 'unknownOrder', symbol });
  }
  found.push(...podsAttention(situation.cluster?.value));
  if (account !== undefined && account.value.paused !== null) {
    found.push({ type: 'accountPaused', stop: stopFor(account.value.stops, 'pause', account.value.paused) });
  }
  for (const { symbol, view } of symbols) {
    if (view !== undefined && view.value.pausedReason !== null) {
      found.push({ type: 'symbolPaused', symbol, stop: stopFor(view.value.stops, 'pause', view.value.pausedReason) });
    }
  }
  // Without a connection everything is old: the band across the page says so, once.
  return situation.connection === 'live' ? [...found, ...staleAttention(situation)] : found;
}

/** True for what stops trading or may cost money; the rest is for information. */
export function isSevere({ type }: Attention): boolean {
  return ['accountHalted', 'symbolHalted', 'unknownOrder', 'orphan', 'podDown', 'engineSilent'].includes(type);
}

function podsAttention(cluster: ClusterView | undefined): Attention[] {
  if (cluster === undefined) return [];
  return [
    ...cluster.symbols
      .filter(({ owner }) => owner === null)
      .map(({ symbol }): Attention => ({ type: 'orphan', symbol })),
    ...cluster.pods.filter(({ live }) => !live).map(({ pod }): Attention => ({ type: 'podDown', pod })),
    ...cluster.pods
      .filter(({ live, draining }) => live && draining)
      .map(({ pod }): Attention => ({ type: 'podDraining', pod })),
  ];
}

function staleAttention({ now, account, cluster, symbols }: Situation): Attention[] {
  const found: Attention[] = [];
  const clusterAge = cluster === undefined ? 0 : now - cluster.heardAt;
  if (clusterAge > QUIET_ENGINE_MS) found.push({ type: 'engineSilent', ageMs: clusterAge });
  const accountAge = account === undefined ? 0 : now - account.heardAt;
  if (accountAge > QUIET_ENGINE_MS) found.push({ type: 'accountStale', ageMs: accountAge });
  for (const { symbol, price } of symbols) {
    const ageMs = price === undefined ? 0 : now - price.heardAt;
    if (ageMs > QUIET_PRICE_MS) found.push({ type: 'stalePrice', symbol, ageMs });
  }
  return found;
}

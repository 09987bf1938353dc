/** Every suite there is, in the order of a run of everything. Loaded when it is asked for: each brings servers and clients. */
import type { Suite } from './suite.ts';

export interface Registered {
  readonly name: string;
  load(): Promise<Suite>;
}

export const REGISTRY: readonly Registered[] = [
  { name: 'ledger', load: async () => (await import('../ledger/suite.ts')).ledger },
  { name: 'end-to-end', load: async () => (await import('../end-to-end/suite.ts')).endToEnd },
  { name: 'actors', load: async () => (await import('../actors/suite.ts')).actors },
  { name: 'limits', load: async () => (await import('../limits/suite.ts')).limits },
  { name: 'failover', load: async () => (await import('../failover/suite.ts')).failover },
  { name: 'backtest', load: async () => (await import('../backtest/suite.ts')).backtest },
  { name: 'feed', load: async () => (await import('../feed/suite.ts')).feed },
];

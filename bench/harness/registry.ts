/** Every suite there is, in the order of a run of everything. Loaded when it is its turn: each brings servers and clients. */
import type { Suite, SuiteContext } from './suite.ts';

export interface Registered {
  readonly name: string;
  load(): Promise<Suite>;
  /** What is cut in a run of everything that has taken so long already. */
  shortened?(tookMs: number): Partial<Pick<SuiteContext, 'rounds' | 'scenarios'>>;
}

/** Everything together is promised to take 15 minutes at most; failures of few symbols need about four of them. */
const FEW_SYMBOLS_AFTER_MS = 10 * 60_000;
const FEW_SYMBOLS = ['kill', 'term', 'rolling', 'scale', 'frozen', 'broker'];

export const REGISTRY: readonly Registered[] = [
  { name: 'ledger', load: async () => (await import('../ledger/suite.ts')).ledger },
  { name: 'end-to-end', load: async () => (await import('../end-to-end/suite.ts')).endToEnd },
  { name: 'actors', load: async () => (await import('../actors/suite.ts')).actors },
  { name: 'limits', load: async () => (await import('../limits/suite.ts')).limits },
  {
    name: 'failover',
    load: async () => (await import('../failover/suite.ts')).failover,
    shortened: (tookMs) => ({ rounds: 1, ...(tookMs > FEW_SYMBOLS_AFTER_MS ? { scenarios: FEW_SYMBOLS } : {}) }),
  },
];

/** What the suite and a process with one Pod tell each other. */

import type { Law } from '../harness/draw.ts';
import type { Slice, Verdict } from '../harness/interleave.ts';

export type ToPod =
  /** A Pod over the memory ledger, or over the prepared Postgres ledger of this address. */
  | { readonly type: 'open'; readonly symbols: number; readonly databaseUrl: string | undefined; readonly seed: number }
  /** Starts a Pod over the memory ledger and measures it; then the process is good for nothing else. */
  | { readonly type: 'measure'; readonly symbols: number }
  | ({ readonly type: 'load' } & Load)
  | { readonly type: 'audit' }
  | { readonly type: 'stop' };

/** Fills of symbols drawn by a law, from so many callers, each with one under way. */
export interface Load {
  readonly law: Law;
  readonly callers: number;
  readonly durationMs: number;
}

export type FromPod =
  | { readonly type: 'opened' }
  | ({ readonly type: 'measured' } & Idle)
  | { readonly type: 'loaded'; readonly slice: Slice }
  | { readonly type: 'audited'; readonly verdict: Verdict }
  | { readonly type: 'failed'; readonly message: string };

/** What symbols take that nobody talks to, each. */
export interface Idle {
  /** From the claim until all serve, of the first Pod of the process. */
  readonly startMs: number;
  /** Bytes of the heap after garbage collection. */
  readonly heapBytes: number;
  /** Bytes of resident memory, which the operating system counts in pages and Node gives back late. */
  readonly residentBytes: number;
}

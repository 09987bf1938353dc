/** A design that records fills, as the bench sees it. */
import type { BenchFill } from './load.ts';

export interface RunningDesign {
  /** Resolves when the fill is durable and could be acknowledged. */
  fill(fill: BenchFill): Promise<void>;
  close(): Promise<void>;
}

export interface Design {
  readonly name: string;
  /** False for the design that is here to show what goes wrong. */
  readonly isSafe: boolean;
  /** Opens it over a prepared database with so many symbols. */
  open(url: string, symbols: number): Promise<RunningDesign>;
}

/** Connections of each design's pool. */
export const POOL_SIZE = 10;

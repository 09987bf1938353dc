/** A failure and how it is measured: its Pods, what happens to them under load, and how the cluster gets whole again. */
import type { Cluster } from '../../test/support/cluster.ts';

export interface Scenario {
  /** For `--scenario`. */
  readonly name: string;
  readonly title: string;
  /** The longest stall of a client that the design promises, in milliseconds. */
  readonly targetMs: number;
  readonly pods: readonly string[];
  /** Runs under load. Returns what went wrong beside stalls and numbers, as a sentence. */
  readonly event: (cluster: Cluster, round: number) => Promise<string | undefined>;
  /** Without load, for the next round. */
  readonly restore: (cluster: Cluster, round: number) => Promise<void>;
}

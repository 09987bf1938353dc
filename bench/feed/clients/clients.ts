/** The client processes, the same for all contenders, as the suite sees them. */
import { Child } from '../../harness/child.ts';
import type { FromClients, ReportAddress, ToClients } from './client-process.ts';
import type { Address } from './connection.ts';
import type { Tally } from './group.ts';

/** Two: one alone would keep the fastest server waiting for its core. */
export const CLIENT_PROCESSES = 2;

export class Clients {
  readonly #processes = Array.from(
    { length: CLIENT_PROCESSES },
    () => new Child<ToClients, FromClients>('client-process.ts', import.meta.url),
  );

  /** Opens so many connections more in a group, evenly over the processes. */
  async connect(group: string, count: number, at: Address & ReportAddress): Promise<void> {
    const share = count / CLIENT_PROCESSES;
    await Promise.all(this.#processes.map((one) => one.ask({ type: 'connect', group, count: share, at }, 'done')));
  }

  /** From now on everything is counted, and read batches of so many messages are reported. */
  async begin(group: string, batch: number): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.ask({ type: 'begin', group, batch }, 'done')));
  }

  async tally(group: string): Promise<Tally> {
    const answers = await Promise.all(this.#processes.map((one) => one.ask({ type: 'tally', group }, 'tally')));
    return answers.map(({ tally }) => tally).reduce(joined);
  }

  async tell(type: 'stop-reading' | 'read-again' | 'disconnect', group: string): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.ask({ type, group }, 'done')));
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.stop({ type: 'close' })));
  }
}

function joined(one: Tally, other: Tally): Tally {
  return {
    connections: one.connections + other.connections,
    fewest: Math.min(one.fewest, other.fewest),
    most: Math.max(one.most, other.most),
    total: one.total + other.total,
    resynced: one.resynced + other.resynced,
    snapshots: one.snapshots + other.snapshots,
    broken: one.broken + other.broken,
    bytes: one.bytes + other.bytes,
    cpuMs: one.cpuMs + other.cpuMs,
    samples: [...one.samples, ...other.samples],
  };
}

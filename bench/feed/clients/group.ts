/**
 * The clients of one process at one server. Where they are to be waited for, it reports to the server each time all of them
 * have read another batch: so a server can publish as fast as it is read, and no faster.
 */
import { connect, type Socket } from 'node:net';
import { type Address, Connection, HOST } from './connection.ts';

/** One of so many keeps what it reads, with the time. */
const SAMPLED_ONE_OF = 50;
/** Connections being opened at once: a listener holds some hundreds back. */
const OPENING_MAX = 64;
const REPORT = Buffer.from([1]);

/** What the clients read in a slice. */
export interface Tally {
  readonly connections: number;
  /** Messages of the client that read fewest, of that which read most, and of all together. */
  readonly fewest: number;
  readonly most: number;
  readonly total: number;
  /** Clients that got a snapshot, and snapshots in all. */
  readonly resynced: number;
  readonly snapshots: number;
  /** Connections that were closed. */
  readonly broken: number;
  readonly bytes: number;
  /** Processor time of the process of clients. */
  readonly cpuMs: number;
  readonly samples: readonly { readonly numbers: Float64Array; readonly times: Float64Array }[];
}

export class Group {
  readonly #address: Address;
  readonly #connections: Connection[] = [];
  #reports: Socket | undefined;
  #batch = 1;
  #isCounting = false;
  #cpuBefore = process.cpuUsage();
  /** How many connections have read each batch of the slice. */
  #arrived: number[] = [];

  constructor(address: Address) {
    this.#address = address;
  }

  /** Nobody waits for the clients of a group that does not report. */
  async reportTo(port: number): Promise<void> {
    const socket = connect({ host: HOST, port, noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    this.#reports = socket;
  }

  async connect(count: number): Promise<void> {
    let left = count;
    const opener = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        this.#connections.push(await Connection.open(this.#address, (before, after) => this.#read(before, after)));
      }
    };
    await Promise.all(Array.from({ length: OPENING_MAX }, opener));
  }

  /** Counts from zero. */
  begin(batch: number): void {
    this.#batch = batch;
    this.#isCounting = true;
    this.#arrived = [];
    this.#cpuBefore = process.cpuUsage();
    for (const [index, connection] of this.#connections.entries()) {
      connection.frames.messages = 0;
      connection.frames.snapshots = 0;
      connection.bytes = 0;
      connection.sample = index % SAMPLED_ONE_OF === 0 ? { numbers: [], times: [] } : undefined;
    }
  }

  tally(): Tally {
    this.#isCounting = false;
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    const counts = this.#connections.map(({ frames }) => frames.messages);
    const snapshots = this.#connections.map(({ frames }) => frames.snapshots);
    return {
      connections: counts.length,
      fewest: Math.min(...counts),
      most: Math.max(...counts),
      total: sum(counts),
      resynced: snapshots.filter((count) => count > 0).length,
      snapshots: sum(snapshots),
      broken: this.#connections.filter(({ isBroken }) => isBroken).length,
      bytes: sum(this.#connections.map(({ bytes }) => bytes)),
      cpuMs: (user + system) / 1_000,
      samples: this.#connections.flatMap(({ sample }) =>
        sample === undefined
          ? []
          : [{ numbers: Float64Array.from(sample.numbers), times: Float64Array.from(sample.times) }],
      ),
    };
  }

  stopReading(): void {
    for (const connection of this.#connections) connection.stopReading();
  }

  readAgain(): void {
    for (const connection of this.#connections) connection.readAgain();
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
    this.#reports?.destroy();
  }

  #read(before: number, after: number): void {
    const reports = this.#reports;
    // Who connects hears the last price, which is no part of a slice.
    if (reports === undefined || !this.#isCounting) return;
    const last = Math.floor(after / this.#batch);
    for (let batch = Math.floor(before / this.#batch); batch < last; batch += 1) {
      const arrived = (this.#arrived[batch] ?? 0) + 1;
      this.#arrived[batch] = arrived;
      if (arrived === this.#connections.length) reports.write(REPORT);
    }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

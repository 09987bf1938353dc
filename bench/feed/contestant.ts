/** A contender with its clients, as the suite sees it: puts load on, and holds what was read against what was published. */
import { Child } from '../harness/child.ts';
import type { Slice, Verdict } from '../harness/interleave.ts';
import type { Clients } from './clients/clients.ts';
import type { Tally } from './clients/group.ts';
import { CHANNEL, type DesignName } from './server/fan-out.ts';
import type { Saturation, Sent } from './server/load.ts';
import type { FromServer, ToServer } from './server/server-process.ts';
import type { Memory } from './server/settled-memory.ts';

/** Clients whose deliveries a slice waits for. */
const READERS = 'readers';

export class Contestant {
  readonly name: DesignName;
  /** What serves: uWebSockets.js where it runs. */
  readonly library: string;
  readonly #server: Child<ToServer, FromServer>;
  readonly #clients: Clients;
  readonly #ports: { readonly port: number; readonly reportPort: number };
  /** Names of groups are shared by all servers of a run. */
  readonly #prefix: string;
  readonly #groups = new Set<string>();
  readonly #faults = new Set<string>();
  #readers = 0;
  #lost = 0;
  #deliveries = 0;
  #cpuMs = { server: 0, clients: 0 };

  private constructor(name: DesignName, parts: Parts, ready: Ready) {
    this.name = name;
    this.library = ready.library;
    this.#server = parts.server;
    this.#clients = parts.clients;
    this.#ports = ready;
    this.#prefix = `${name}:${ready.port}:`;
  }

  static async open(design: DesignName, clients: Clients): Promise<Contestant> {
    const server = new Child<ToServer, FromServer>('server/server-process.ts', import.meta.url);
    return new Contestant(design, { server, clients }, await server.ask({ type: 'open', design }, 'ready'));
  }

  /** More clients that read, until there are so many. */
  async readersUpTo(count: number): Promise<void> {
    const more = count - this.#readers;
    this.#readers = count;
    if (more > 0) await this.connect(READERS, more, this.#ports.reportPort);
  }

  /** More clients of a group, which are waited for only if they report. */
  async connect(group: string, count: number, reportPort?: number): Promise<void> {
    await this.#server.ask({ type: 'wake' }, 'done');
    this.#groups.add(group);
    const at = { port: this.#ports.port, channel: CHANNEL, reportPort };
    await this.#clients.connect(this.#prefix + group, count, at);
    await this.#server.ask({ type: 'rest' }, 'done');
  }

  async saturate(saturation: Saturation): Promise<Slice> {
    await this.#clients.begin(this.#prefix + READERS, saturation.batch);
    return this.#judged(await this.#server.ask({ type: 'saturate', saturation }, 'sent'));
  }

  async pace(ticks: number): Promise<Slice> {
    await this.#clients.begin(this.#prefix + READERS, 1);
    return this.#judged(await this.#server.ask({ type: 'pace', ticks }, 'sent'));
  }

  /** Events for clients that do not read. */
  async push(events: number): Promise<Sent> {
    return (await this.#server.ask({ type: 'push', events }, 'sent')).sent;
  }

  /** Counts a group from zero; nobody waits for its deliveries. */
  begin(group: string): Promise<void> {
    return this.#clients.begin(this.#prefix + group, 1);
  }

  tally(group: string): Promise<Tally> {
    return this.#clients.tally(this.#prefix + group);
  }

  async tell(type: 'stop-reading' | 'read-again', group: string): Promise<void> {
    await this.#clients.tell(type, this.#prefix + group);
  }

  /** The server's timers run, also between two slices. */
  async setAwake(isAwake: boolean): Promise<void> {
    await this.#server.ask({ type: isAwake ? 'wake' : 'rest' }, 'done');
  }

  async memory(): Promise<Memory> {
    return (await this.#server.ask({ type: 'memory' }, 'memory')).memory;
  }

  /** Since the last time. */
  verdict(): Verdict {
    const verdict = { lost: this.#lost, faults: [...this.#faults] };
    this.#lost = 0;
    this.#faults.clear();
    return verdict;
  }

  /** Processor time for a delivery, in microseconds: of the server's process, and of the clients'. Since the last time. */
  takeCpuMicros(): { readonly server: number; readonly clients: number } {
    const { server, clients } = this.#cpuMs;
    const micros = 1_000 / this.#deliveries;
    this.#deliveries = 0;
    this.#cpuMs = { server: 0, clients: 0 };
    return { server: server * micros, clients: clients * micros };
  }

  async close(): Promise<void> {
    for (const group of this.#groups) await this.#clients.tell('disconnect', this.#prefix + group);
    this.#groups.clear();
    await this.#server.stop({ type: 'close' });
  }

  async #judged({ sent }: { readonly sent: Sent }): Promise<Slice> {
    const tally = await this.tally(READERS);
    // Topics that were told more than others are a fault, so that any of them says how many each client should have read.
    const published = sent.topics[0]?.length ?? 0;
    this.#lost += published * tally.connections - tally.total;
    this.#deliveries += tally.total;
    this.#cpuMs.server += sent.cpuMs;
    this.#cpuMs.clients += tally.cpuMs;
    for (const fault of faultsOf(sent, tally)) this.#faults.add(fault);
    return { operations: tally.total, elapsedMs: sent.elapsedMs, latenciesMs: latencies(sent, tally) };
  }
}

/** One after another, each in a process of its own that nothing else has been measured in; they start together. */
export async function withContestants(
  designs: readonly DesignName[],
  clients: Clients,
  work: (one: Contestant) => Promise<void>,
): Promise<void> {
  const all = await Promise.all(designs.map((design) => Contestant.open(design, clients)));
  try {
    for (const one of all) {
      await work(one);
      await one.close();
    }
  } finally {
    for (const one of all) await one.close();
  }
}

interface Parts {
  readonly server: Child<ToServer, FromServer>;
  readonly clients: Clients;
}

type Ready = Extract<FromServer, { readonly type: 'ready' }>;

/** What is wrong with what the clients read, beside what they did not: that is counted. */
export function faultsOf({ topics }: Pick<Sent, 'topics'>, tally: Tally): string[] {
  const faults: string[] = [];
  const { fewest, most, broken, samples } = tally;
  const published = topics[0]?.length ?? 0;
  if (topics.some(({ length }) => length !== published)) faults.push('some topics were told more than others');
  if (fewest !== most) faults.push(`of ${published} messages a client read ${fewest}, another ${most}`);
  if (broken > 0) faults.push(`${broken} connections were closed`);
  const isAsSent = ({ numbers }: Tally['samples'][number]): boolean =>
    topics.some((topic) => numbers.every((number, index) => number === topic[index]));
  if (!samples.every(isAsSent)) faults.push('a client read other messages than were published, or in another order');
  return faults;
}

/** Until a client has read a message, of the clients that keep the time. What was never published is a fault already. */
function latencies({ since }: Sent, { samples }: Tally): Float64Array {
  const found = samples.flatMap(({ numbers, times }) => [
    ...times.map((time, index) => time - (since.get(numbers[index] as number) ?? time)),
  ]);
  return Float64Array.from(found);
}

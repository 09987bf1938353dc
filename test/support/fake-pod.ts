/**
 * Pods of a cluster in one process: the shipped parts over the memory ledger, a bus in memory and a clock that a test
 * moves. A Pod can be frozen, killed or cut off, and its calls to the ledger can be counted, held up or failed.
 */
import type { ActorPorts } from '../../actors/symbol/actor.ts';
import { PaperVenue } from '../../adapters/paper/paper-venue.ts';
import { upbitKrw } from '../../domain/instrument.ts';
import { DEFAULT_PAPER_SETTINGS } from '../../domain/paper.ts';
import { PRESETS } from '../../domain/preset.ts';
import { GroupCommit } from '../../ledger/group-commit.ts';
import { eventJson } from '../../protocol/event.ts';
import { contentId } from '../../protocol/ids.ts';
import type { ClusterEventBody, Owner, OwnershipPort } from '../../protocol/ports/ownership.ts';
import { type EventKind, Subjects } from '../../protocol/subjects.ts';
import { ClusterWatch } from '../../supervisors/cluster/cluster-watch.ts';
import { FailureDetector } from '../../supervisors/cluster/failure-detector.ts';
import { Membership } from '../../supervisors/cluster/membership.ts';
import { Rebalancer } from '../../supervisors/cluster/rebalancer.ts';
import { PodStats } from '../../supervisors/pod-stats.ts';
import { SymbolSupervisor } from '../../supervisors/symbols.ts';
import { type FakeBus, FakeBusServer } from './fake-bus.ts';
import { FakeClock } from './fake-clock.ts';
import { memoryLedger } from './ledger-implementations.ts';
import { ProcessClock } from './process-clock.ts';
import { RecordingLog } from './recording-log.ts';

/** What becomes of a call to the ledger: waits for the promise, or is failed by it. */
export type Interference = (method: keyof OwnershipPort) => Promise<unknown> | undefined;

export class FakeCluster {
  readonly clock = new FakeClock();
  readonly server = new FakeBusServer(this.clock);
  readonly ledger = memoryLedger(this.clock);
  readonly subjects = new Subjects();
  #lives = 0;

  /** A Pod that has joined and does no more. */
  async join(pod: string): Promise<FakePod> {
    this.#lives += 1;
    const made = new FakePod(this, { pod, incarnation: contentId('incarnation', pod, this.#lives) });
    await made.join();
    return made;
  }

  /** A Pod that serves its share of the symbols, once the clock lets it. */
  async serve(pod: string): Promise<FakePod> {
    const made = await this.join(pod);
    await made.startSymbols();
    return made;
  }

  /** Which Pod owns each symbol by its row. */
  owners(): Readonly<Record<string, string | null>> {
    return Object.fromEntries(
      [...this.ledger.database.positions.values()].map(({ symbol, owner }) => [symbol, owner?.pod ?? null]),
    );
  }

  /** Symbols that a Pod owns by their rows. */
  ownedBy(pod: string): readonly string[] {
    return Object.entries(this.owners())
      .filter(([, owner]) => owner === pod)
      .map(([symbol]) => symbol)
      .sort();
  }

  /** What the cluster's stream says so far, after a row. */
  async changes(afterSeq = 0): Promise<readonly ClusterEventBody[]> {
    const rows = await this.ledger.reader.journal('cluster', afterSeq, 100_000);
    return rows.map(({ body }) => JSON.parse(body ?? '{}') as ClusterEventBody);
  }
}

export class FakePod {
  readonly owner: Owner;
  readonly bus: FakeBus;
  readonly clock: ProcessClock;
  readonly log = new RecordingLog();
  readonly subjects: Subjects;
  readonly ownership: OwnershipPort;
  /** Calls to the ownership port, in order. */
  readonly calls: (keyof OwnershipPort)[] = [];
  readonly fenced: unknown[] = [];
  /** Before a call reaches the ledger, and before its answer comes back. */
  before: Interference = () => undefined;
  after: Interference = () => undefined;
  membership!: Membership;
  watch!: ClusterWatch;
  detector: FailureDetector | undefined;
  symbols: SymbolSupervisor | undefined;
  rebalancer: Rebalancer | undefined;
  readonly #cluster: FakeCluster;

  constructor(cluster: FakeCluster, owner: Owner) {
    this.#cluster = cluster;
    this.owner = owner;
    this.bus = cluster.server.connect();
    this.clock = new ProcessClock(cluster.clock);
    this.subjects = cluster.subjects;
    this.ownership = this.#guarded(cluster.ledger.ownership);
  }

  /** What every part of a Pod is made of. */
  get parts() {
    const { membership, watch, ownership, bus, subjects, clock, log } = this;
    return { membership, watch, ownership, bus, subjects, clock, log };
  }

  get served(): readonly string[] {
    return [...(this.symbols?.hosts.keys() ?? [])].sort();
  }

  async join(): Promise<void> {
    const { owner, ownership, bus, subjects, clock, log } = this;
    bus.subscribe(subjects.pod(owner.pod, 'ping'), (message) => message.respond('{"ok":true}'));
    this.watch = new ClusterWatch({
      ownership,
      bus,
      subjects,
      clock,
      log,
      publish: (rows) => {
        for (const row of rows) bus.publish(subjects.event(row.symbol, row.kind as EventKind), eventJson(row));
      },
    });
    this.membership = await Membership.join({
      owner,
      ownership,
      bus,
      subjects,
      clock,
      log,
      held: () => this.symbols?.held ?? [],
      onHeartbeat: (heartbeat, held) => {
        this.symbols?.lost(heartbeat.lost, held);
        this.watch.observe(heartbeat);
      },
      // As the engine's supervision does: what depends on the membership is over at once.
      onFenced: (error) => {
        this.fenced.push(error);
        this.symbols?.abandon();
        void this.rebalancer?.stop();
      },
    });
    this.watch.tell(this.membership.joined);
  }

  detect(): void {
    this.detector = new FailureDetector(this.parts);
  }

  async startSymbols(): Promise<void> {
    const { rebalancer } = this.makeSymbols();
    await rebalancer.start();
  }

  /** The parts that serve symbols, not started. */
  makeSymbols(): { readonly symbols: SymbolSupervisor; readonly rebalancer: Rebalancer } {
    const { parts } = this;
    const { ledger } = this.#cluster;
    const symbols = new SymbolSupervisor({
      ...parts,
      settingsOf: (symbol) => ({
        symbol,
        preset: PRESETS['v3.3'],
        parametersHash: '',
        instrument: upbitKrw(symbol),
        feeRate: 0n,
      }),
      ports: this.#actorPorts(),
      writer: ledger.reader,
      reader: ledger.reader,
      storeMarket: async () => undefined,
      random: { next: () => 0.5 },
      stats: new PodStats(),
      tell: (event) => this.watch.tell(event),
      onDropped: () => this.rebalancer?.wake(),
    });
    const rebalancer = new Rebalancer({ ...parts, symbols });
    this.symbols = symbols;
    this.rebalancer = rebalancer;
    return { symbols, rebalancer };
  }

  /** The process stands still: its timers wait, messages reach it and are not answered. */
  freeze(): void {
    this.clock.freeze();
    this.bus.frozen = true;
  }

  thaw(): void {
    this.bus.frozen = false;
    this.clock.thaw();
  }

  /** The process is gone: nothing of it happens any more, and the server knows. */
  async kill(): Promise<void> {
    this.clock.freeze();
    await this.bus.close();
  }

  /** Ends what runs, as a graceful stop does after the symbols were given away. */
  async leave(): Promise<void> {
    this.detector?.stop();
    this.watch.tell(await this.membership.leave());
    this.watch.stop();
  }

  #actorPorts(): ActorPorts {
    const { ledger } = this.#cluster;
    const { clock, log, membership } = this;
    return {
      queue: new GroupCommit(ledger.commit, () => undefined),
      load: { rows: 0 },
      account: { reserve: () => Promise.reject(new Error('nobody enters here')), release: async () => undefined },
      venue: new PaperVenue({ settings: DEFAULT_PAPER_SETTINGS, store: ledger.paper, log }),
      reader: ledger.reader,
      clock,
      log,
      pod: this.owner.pod,
      mayAct: () => membership.holds,
      publish: () => undefined,
      count: () => undefined,
      onClosed: () => undefined,
      onIllegalEvent: () => undefined,
    };
  }

  #guarded(port: OwnershipPort): OwnershipPort {
    const call = async (method: keyof OwnershipPort, work: () => Promise<unknown>): Promise<unknown> => {
      this.calls.push(method);
      await this.before(method);
      const answer = await work();
      await this.after(method);
      return answer;
    };
    return new Proxy(port, {
      get: (target, property) => {
        const method = property as keyof OwnershipPort;
        const work = target[method] as (...values: unknown[]) => Promise<unknown>;
        return (...values: unknown[]) => call(method, () => work.apply(target, values));
      },
    });
  }
}

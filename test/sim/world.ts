/**
 * A run: some Pods, some clients, a market, a ledger and a bus under one virtual time, and whatever the seed makes go
 * wrong. Step by step, each audited; at the end everything is healed, and what must then be true of a cluster that is left
 * alone is looked at.
 */
import { Auditor } from './audit/auditor.ts';
import type { Violation } from './audit/violation.ts';
import { BusConnection } from './bus-connection.ts';
import { BusServer } from './bus-server.ts';
import { Client } from './client.ts';
import { EXTRA_SYMBOL, randomCommand } from './commands.ts';
import { Dice } from './dice.ts';
import { FaultCounts } from './fault-counts.ts';
import { Faults } from './faults.ts';
import { Fleet } from './fleet.ts';
import { Market } from './market.ts';
import { Settling } from './settling.ts';
import { SimLedger } from './sim-ledger.ts';
import { EPOCH_MS, SimProcess } from './sim-process.ts';
import { Timeline } from './timeline.ts';
import { Trace } from './trace.ts';

export interface RunOptions {
  readonly seed: number;
  readonly steps: number;
  /** Gets the lines of the trace; without it there is none. */
  readonly trace?: (line: string) => void;
}

export interface RunResult {
  readonly seed: number;
  /** Steps that were taken: the first violation ends the run. */
  readonly steps: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly commands: number;
  readonly accepted: number;
  readonly violations: readonly Violation[];
}

/** Before the first step: the Pods join and claim. */
const WARM_UP_MS = 1_500;

export class World {
  readonly timeline = new Timeline();
  readonly counts = new FaultCounts();
  readonly trace: Trace;
  readonly auditor: Auditor;
  readonly ledger: SimLedger;
  readonly server: BusServer;
  readonly market: Market;
  readonly clients: readonly Client[];
  readonly fleet: Fleet;
  readonly faults: Faults;
  readonly #options: RunOptions;
  readonly #dice: Dice;
  readonly #symbols: readonly string[];
  readonly #traded: readonly string[];
  /** How much of a run is faults: some seeds are calm, some are not. */
  readonly #harshness: number;

  constructor(options: RunOptions) {
    const { seed } = options;
    const { timeline } = this;
    const dice = new Dice(seed, 'world');
    this.#options = options;
    this.#dice = dice;
    this.trace = new Trace(timeline, options.trace);
    this.server = new BusServer(timeline, new Dice(seed, 'bus'));
    this.ledger = new SimLedger(timeline, {
      committed: (life, group, outcome) => {
        this.trace.add(
          life,
          () => `commit ${group.symbol} epoch ${group.epoch} from #${group.expectedVersion}: ${outcome.type}`,
        );
        this.auditor.authority.committed(life, group, outcome);
      },
      claimed: (life, symbol, epoch) => {
        this.trace.add(life, () => `claims ${symbol} under epoch ${epoch}`);
        this.auditor.authority.granted(life, symbol, epoch);
      },
      claimedSingleton: (life, name, epoch) => {
        this.trace.add(life, () => `claims the ${name} under epoch ${epoch}`);
        this.auditor.authority.granted(life, name, epoch);
      },
      accepted: (life, name, epoch) => this.auditor.authority.accepted(life, name, epoch),
      placed: (order, outcome) => this.auditor.venue.placed(order, outcome),
      broke: (call, error) => this.auditor.report('error', `the ledger's own rule in ${call}`, 'kept', String(error)),
    });
    this.auditor = new Auditor(this.ledger.database, ({ invariant, what, expected, found }) => {
      this.trace.add('VIOLATION', () => `${invariant}: ${what}: expected ${expected}, found ${found}`);
    });
    const process = (name: string) => new SimProcess(name, timeline, new Dice(seed, name));
    const connection = (of: SimProcess) =>
      new BusConnection({ process: of, server: this.server, timeline, dice: new Dice(seed, of.name, 'bus') });
    this.market = new Market(this.ledger, connection(process('collector')), new Dice(seed, 'market'), this.trace);
    this.clients = Array.from({ length: dice.integer(1, 3) }, (_, index) => {
      const of = process(`client-${index + 1}`);
      return new Client({
        process: of,
        bus: connection(of),
        dice: new Dice(seed, of.name, 'client'),
        trace: this.trace,
      });
    });
    const names = Array.from({ length: dice.integer(2, 4) }, (_, index) => `pod-${index + 1}`);
    this.fleet = new Fleet(names, { ...this, seed });
    const clients = this.clients.map(({ bus }) => bus);
    this.faults = new Faults({ ...this, dice: new Dice(seed, 'faults'), clients });
    this.#symbols = Array.from({ length: dice.integer(3, 7) }, (_, index) => `KRW-S${index + 1}`);
    this.#traded = dice.chance(0.4) ? this.#symbols.slice(0, 1) : [];
    this.#harshness = dice.pick([0, 0.03, 0.06, 0.1, 0.15]);
  }

  async run(): Promise<RunResult> {
    await this.#prepare();
    let step = 0;
    for (; step < this.#options.steps && this.#isSound; step += 1) {
      this.auditor.step = step + 1;
      await this.#act();
      await this.timeline.advance(this.#pauseMs());
      this.auditor.check();
    }
    if (this.#isSound) await new Settling(this, this.#dice).run();
    const { touched } = this.server;
    this.counts.add('messages lost', touched.lost);
    this.counts.add('messages duplicated', touched.duplicated);
    this.counts.add('messages reordered', touched.reordered);
    const records = this.clients.flatMap((client) => client.records);
    return {
      seed: this.#options.seed,
      steps: step,
      events: this.timeline.events,
      virtualMs: Math.round(this.timeline.nowMs),
      faults: this.counts.toJson(),
      commands: records.length,
      accepted: records.filter(({ answer }) => answer?.ok === true).length,
      violations: this.auditor.violations,
    };
  }

  get #isSound(): boolean {
    return this.auditor.violations.length === 0;
  }

  async #prepare(): Promise<void> {
    await this.ledger.ownership.addSymbols(this.#symbols);
    for (const symbol of this.#traded) await this.market.prepare(symbol);
    for (const name of this.fleet.names) this.fleet.start(name);
    await this.timeline.advance(WARM_UP_MS);
    this.auditor.check();
  }

  async #act(): Promise<void> {
    const dice = this.#dice;
    if (dice.chance(this.#harshness)) {
      this.faults.strike();
      return;
    }
    if (dice.chance(0.25)) {
      const symbol = dice.chance(0.5) && this.#traded.length > 0 ? dice.pick(this.#traded) : dice.pick(this.#symbols);
      if (dice.chance(0.3)) this.market.trade(symbol);
      else await this.market.candle(symbol);
      return;
    }
    if (dice.chance(0.9)) this.#command();
  }

  #command(): void {
    const dice = this.#dice;
    const client = dice.pick(this.clients);
    const earlier = client.records.at(-1);
    // Sent again although nothing was wrong with it: a person who clicks twice, a proxy that tries once more.
    if (earlier !== undefined && dice.chance(0.05)) {
      client.send({ subject: earlier.subject, body: earlier.body });
      return;
    }
    const symbols = dice.chance(0.05) ? [EXTRA_SYMBOL] : this.#symbols;
    const now = EPOCH_MS + Math.floor(this.timeline.nowMs);
    const price = (symbol: string) => this.market.price(symbol);
    client.send(randomCommand(dice, { symbols, pods: this.fleet.names, now, price, sent: client.records }));
  }

  /** Mostly a moment, sometimes long enough for leases to end. */
  #pauseMs(): number {
    const dice = this.#dice;
    const kind = dice.next();
    if (kind < 0.5) return dice.between(0, 5);
    if (kind < 0.88) return dice.between(5, 100);
    return dice.between(100, 700);
  }
}

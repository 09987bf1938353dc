/**
 * What clients do while the cluster changes, and what they see: fills by the typed client from processes of their own, with its
 * default deadline, over symbols that only they use; the candles of the bus; the gateway's page through its Service.
 */
import { connect, type NatsConnection } from 'nats';
import { FillClients, type FillReport } from '../../test/support/fill-clients.ts';
import { acknowledgedFill, type FillRecord } from '../../test/support/fill-plan.ts';
import { ATTEMPT_MS_MAX, ask, insist, symbols, uuidv7 } from '../../test/support/wire.ts';
import type { Servers } from './servers.ts';

const SYMBOLS = 40;
const PROCESSES = 2;
const LANES_PER_PROCESS = 16;
/** Mean pause of a lane between two commands: some hundred commands a second, below what two cores can do. */
const THINK_MS = 60;
/** A client's deadline by default, DESIGN §3: a command not done by then has failed its caller. */
const GIVE_UP_MS = 10_000;
const FIRST_MS_MAX = 60_000;
/** Cash for more fills than any rehearsal sends, and quantity for more sells: nothing is refused. */
const CASH = '1000000000000';
const FIRST_BUY = { side: 'buy', quantity: '1000000', price: '1', fee: '0' } as const;

export class Load {
  readonly symbols = symbols(SYMBOLS);
  /** When a candle of any symbol came, milliseconds since 1970. */
  readonly candlesAt: number[] = [];
  readonly #servers: Servers;
  readonly #nc: NatsConnection;
  /** The first lots, for the verdict. */
  funding: readonly FillRecord[] = [];
  #clients: FillClients | undefined;

  static async connect(servers: Servers): Promise<Load> {
    const token = servers.natsToken === undefined ? {} : { token: servers.natsToken };
    return new Load(servers, await connect({ servers: servers.natsUrl, ...token }));
  }

  private constructor(servers: Servers, nc: NatsConnection) {
    this.#servers = servers;
    this.#nc = nc;
    nc.subscribe('cp.market.*.candle', {
      callback: () => {
        this.candlesAt.push(performance.timeOrigin + performance.now());
      },
    });
  }

  /** Once a Pod serves: makes the symbols known, with cash and a first lot, and starts the clients. Resolves when each lane has had an answer. */
  async start(explain: () => string): Promise<void> {
    await insist(this.#nc, 'cp.cluster.add', { symbols: this.symbols });
    await insist(this.#nc, 'cp.account.deposit', { amount: CASH });
    this.funding = await Promise.all(this.symbols.map((symbol) => this.#buy(symbol)));
    const { natsUrl: url, natsToken: token } = this.#servers;
    const seed = Date.now() % 1_000_000;
    this.#clients = FillClients.start(
      Array.from({ length: PROCESSES }, (_, index) => ({
        client: 'typed' as const,
        url,
        ...(token === undefined ? {} : { token }),
        symbols: this.symbols,
        seed: seed + index,
        concurrency: LANES_PER_PROCESS,
        thinkMs: THINK_MS,
        giveUpMs: GIVE_UP_MS,
      })),
    );
    await this.#clients.acknowledge(PROCESSES * LANES_PER_PROCESS, FIRST_MS_MAX, explain);
  }

  /** What is not served yet, as a sentence; undefined when every symbol answers. */
  async unserved(): Promise<string | undefined> {
    const answers = this.symbols.map(async (symbol) => {
      const reply = await ask(this.#nc, `cp.symbol.${symbol}.get`, {}, ATTEMPT_MS_MAX).catch(String);
      return typeof reply === 'object' && reply.ok ? undefined : `${symbol}: ${JSON.stringify(reply).slice(0, 200)}`;
    });
    return (await Promise.all(answers)).find((problem) => problem !== undefined);
  }

  /** Every fill of the clients, each with its last answer. Nothing new is sent. */
  async stop(): Promise<FillReport> {
    const report = await this.#clients?.stop();
    this.#clients = undefined;
    return report ?? { records: [], failures: {} };
  }

  async close(): Promise<void> {
    this.#clients?.kill();
    await this.#nc.close();
  }

  async #buy(symbol: string): Promise<FillRecord> {
    const fill = { id: uuidv7(), ...FIRST_BUY };
    const { version } = await insist<{ version: number }>(this.#nc, `cp.symbol.${symbol}.fill`, fill);
    return acknowledgedFill(symbol, fill, version);
  }
}

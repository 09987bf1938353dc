/** Client processes that record fills over NATS, and what they know afterwards about every fill they sent. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from './engine-process.ts';
import type { Failures, FillPlan, FillRecord, FromClient, ToClient } from './fill-plan.ts';

const PROGRAM = fileURLToPath(new URL('./fill-client-process.ts', import.meta.url));

const DEFAULTS = {
  concurrency: 8,
  fillsPerRequestMax: 1,
  sellPercent: 30,
  giveUpMs: 60_000,
  attemptMs: 1_000,
  thinkMs: 0,
  client: 'plain',
} as const;

export type ClientPlan = Pick<FillPlan, 'url' | 'symbols' | 'seed'> & Partial<FillPlan>;

export interface FillReport {
  readonly records: readonly FillRecord[];
  readonly failures: Failures;
}

export class FillClients {
  readonly #clients: readonly Client[];

  /** One process a plan. Plans with several fills a request send batches, the others plain fills. */
  static start(plans: readonly ClientPlan[]): FillClients {
    return new FillClients(plans.map((plan) => new Client({ ...DEFAULTS, ...plan })));
  }

  private constructor(clients: readonly Client[]) {
    this.#clients = clients;
  }

  /** Fills with an `ok` so far, over all clients; a little behind. */
  get acknowledged(): number {
    return this.#clients.reduce((sum, client) => sum + client.acknowledged, 0);
  }

  /** Resolves after so many more fills were acknowledged. */
  async acknowledge(more: number, withinMs: number, explain: () => string): Promise<void> {
    const goal = this.acknowledged + more;
    await until(
      () => this.acknowledged >= goal,
      withinMs,
      () => `${this.acknowledged} of ${goal} fills acknowledged after ${withinMs} ms; ${explain()}`,
    );
  }

  /** No new fills; those on their way are retried until they have an answer. */
  stop(): Promise<FillReport> {
    for (const client of this.#clients) client.tell({ type: 'stop' });
    return this.finished();
  }

  /** Waits until every fill of every plan has its answer or was given up. */
  async finished(): Promise<FillReport> {
    const reports = await Promise.all(this.#clients.map((client) => client.report));
    const failures: Failures = {};
    for (const report of reports) {
      for (const [name, count] of Object.entries(report.failures)) failures[name] = (failures[name] ?? 0) + count;
    }
    return { records: reports.flatMap((report) => report.records), failures };
  }

  /** For the end of a test that failed on its way. */
  kill(): void {
    for (const client of this.#clients) client.kill();
  }
}

class Client {
  acknowledged = 0;
  readonly report: Promise<FillReport>;
  readonly #child: ChildProcess;

  constructor(plan: FillPlan) {
    this.#child = fork(PROGRAM, [], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.report = new Promise((resolve, reject) => {
      this.#child.on('message', (message: FromClient) => {
        if (message.type === 'acknowledged') this.acknowledged = message.count;
        else {
          this.acknowledged = message.records.filter(({ outcome }) => outcome === 'ok').length;
          resolve(message);
        }
      });
      this.#child.once('exit', (code, signal) => reject(new Error(`a fill client ended early: ${code ?? signal}`)));
    });
    // A test that fails before it asks for the report has its own error to show.
    this.report.catch(() => undefined);
    this.tell({ type: 'start', plan });
  }

  tell(message: ToClient): void {
    if (this.#child.connected) this.#child.send(message);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

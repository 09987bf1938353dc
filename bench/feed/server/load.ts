/** The load on one contender, the same for all: events as fast as they are read, or prices at their own pace. */
import { monotonicMs } from '../monotonic.ts';
import type { FanOut } from './fan-out.ts';
import type { ReadReports } from './read-reports.ts';
import type { SentLog } from './sent-log.ts';

/** A market that trades more often than it is told. */
const TRADE_INTERVAL_MS = 10;
/** What has not been read by then is lost: the tally says how much. */
const PATIENCE_MS = 10_000;
/** Events of a turn for clients that do not read. */
const PUSH_BATCH = 16;

export interface Saturation {
  readonly durationMs: number;
  /** Events of one turn of the loop, and how many such batches may wait to be read by somebody. */
  readonly batch: number;
  readonly batchesAheadMax: number;
}

/** What was sent in a slice. */
export interface Sent {
  /** The numbers of each topic's messages, in order. A client is in one of those that carry events, and in one with ticks. */
  readonly topics: readonly Float64Array[];
  /** From when the latency of a number counts; monotonic, milliseconds. */
  readonly since: ReadonlyMap<number, number>;
  readonly elapsedMs: number;
  /** Processor time of the server's process. */
  readonly cpuMs: number;
  readonly dropped: number;
  readonly resyncs: number;
}

type Reports = Pick<ReadReports, 'everybody' | 'onReport' | 'clear'>;

export class Load {
  readonly #fanOut: FanOut;
  readonly #sent: SentLog;
  readonly #reports: Reports;
  #lastTrade = 0;

  constructor(fanOut: FanOut, parts: { readonly sent: SentLog; readonly reports: Reports }) {
    this.#fanOut = fanOut;
    this.#sent = parts.sent;
    this.#reports = parts.reports;
  }

  /** A closed loop: ends when everything that was published has been read by everybody. */
  saturate({ durationMs, batch, batchesAheadMax }: Saturation): Promise<Sent> {
    const reports = this.#reports;
    return this.#slice(async () => {
      const startedAt = monotonicMs();
      const endsAt = startedAt + durationMs;
      let batches = 0;
      await this.#untilRead(() => {
        const isOver = monotonicMs() >= endsAt;
        if (isOver || batches - reports.everybody >= batchesAheadMax) return isOver && reports.everybody >= batches;
        for (let event = 0; event < batch; event += 1) this.#fanOut.event('fill');
        batches += 1;
        return 'more';
      });
      return monotonicMs() - startedAt;
    });
  }

  /** So many ticks for each client, two or more; between them goes by what the contender's own clock says. */
  pace(ticks: number): Promise<Sent> {
    return this.#slice(async () => {
      const startedAt = monotonicMs();
      const first = this.#lastTrade + 1;
      const trade = (): void => {
        // One that was due while the loop was busy counts from then, as what waits in the kernel does.
        const due = Math.floor((monotonicMs() - startedAt) / TRADE_INTERVAL_MS);
        this.#trade(first + due, startedAt + due * TRADE_INTERVAL_MS);
      };
      // At once: a price that was left untold by the last slice is nobody's newest any more.
      trade();
      const trades = setInterval(trade, TRADE_INTERVAL_MS);
      const elapsedMs = await this.#told(ticks);
      clearInterval(trades);
      this.#fanOut.rest();
      await this.#untilRead(() => this.#reports.everybody >= ticks);
      return elapsedMs;
    });
  }

  #trade(number: number, at: number): void {
    this.#lastTrade = number;
    this.#sent.traded(number, at);
    this.#fanOut.trade(number);
  }

  /** Resolves when each topic was told so many times, two or more; with the milliseconds that took, the last interval included. */
  #told(ticks: number): Promise<number> {
    const sent = this.#sent;
    let beganAt: number | undefined;
    let messages = 0;
    return new Promise((resolve) => {
      sent.onSent = () => {
        const now = monotonicMs();
        beganAt ??= now;
        messages += 1;
        // Topics take turns: all are known when the first is told for the second time.
        const isTold = [...sent.topics.values()].every(({ length }) => length >= ticks);
        if (isTold) resolve(((now - beganAt) * messages) / (messages - 1));
      };
    });
  }

  /** So many large events for clients that nobody waits for. */
  push(events: number): Promise<Sent> {
    return this.#slice(async () => {
      const startedAt = monotonicMs();
      for (let event = 0; event < events; event += 1) {
        this.#fanOut.event('decision');
        if (event % PUSH_BATCH === 0) await nextTurn();
      }
      await nextTurn();
      return monotonicMs() - startedAt;
    });
  }

  async #slice(work: () => Promise<number>): Promise<Sent> {
    this.#sent.clear();
    this.#reports.clear();
    const { dropped, resyncs } = this.#fanOut;
    const cpuBefore = process.cpuUsage();
    this.#fanOut.wake();
    const elapsedMs = await work();
    this.#fanOut.rest();
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      topics: [...this.#sent.topics.values()].map((numbers) => Float64Array.from(numbers)),
      since: new Map(this.#sent.since),
      elapsedMs,
      cpuMs: (user + system) / 1_000,
      dropped: this.#fanOut.dropped - dropped,
      resyncs: this.#fanOut.resyncs - resyncs,
    };
  }

  /** Asks after every report, and two turns later when there is `more`, until the answer is yes or patience is over. */
  #untilRead(ask: () => boolean | 'more'): Promise<void> {
    return new Promise((resolve) => {
      let isScheduled = false;
      const impatient = setTimeout(resolve, PATIENCE_MS);
      const step = (): void => {
        if (isScheduled) return;
        const answer = ask();
        if (answer === true) {
          clearTimeout(impatient);
          resolve();
        } else if (answer === 'more') {
          isScheduled = true;
          // Two turns: in the first of them the live server on `ws` still gathers, and would write two batches as one.
          void nextTurn()
            .then(nextTurn)
            .then(() => {
              isScheduled = false;
              step();
            });
        }
      };
      this.#reports.onReport = step;
      step();
    });
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

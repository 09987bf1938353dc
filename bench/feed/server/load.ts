/** The load on one contender, the same for all: events as fast as they are read, or prices at their own pace. */
import { LIMITS } from '../../../protocol/limits.ts';
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
  readonly numbers: Float64Array;
  /** When each was handed to the sockets; monotonic, milliseconds. */
  readonly times: Float64Array;
  readonly elapsedMs: number;
  /** Processor time of the server's process. */
  readonly cpuMs: number;
  readonly dropped: number;
  readonly resyncs: number;
}

export class Load {
  readonly #fanOut: FanOut;
  readonly #sent: SentLog;
  readonly #reports: ReadReports;

  constructor(fanOut: FanOut, parts: { readonly sent: SentLog; readonly reports: ReadReports }) {
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

  /** So many ticks; between two of them goes by what the contender's own clock says. */
  pace(ticks: number): Promise<Sent> {
    const sent = this.#sent;
    return this.#slice(async () => {
      const trades = setInterval(() => this.#fanOut.trade(), TRADE_INTERVAL_MS);
      await new Promise<void>((resolve) => {
        sent.onSent = () => {
          if (sent.times.length < ticks) return;
          clearInterval(trades);
          resolve();
        };
      });
      this.#fanOut.rest();
      const lastedMs = (sent.times.at(-1) ?? 0) - (sent.times[0] ?? 0);
      await this.#untilRead(() => this.#reports.everybody >= ticks);
      // The last tick fills an interval too.
      return ticks > 1 ? (lastedMs * ticks) / (ticks - 1) : LIMITS.feedTickIntervalMs;
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
      numbers: Float64Array.from(this.#sent.numbers),
      times: Float64Array.from(this.#sent.times),
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

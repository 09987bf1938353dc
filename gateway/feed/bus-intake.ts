/**
 * What the bus tells the feed: committed events, trades and candles. The bus loses, repeats and reorders; nothing here is
 * more than a hint. What can't be read is counted and logged, and changes nothing.
 */
import type { Bus, BusMessage } from '../../protocol/ports/bus.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { Subjects } from '../../protocol/subjects.ts';
import type { StreamEvent } from './event-stream.ts';
import { messageOf } from './ledger-reads.ts';
import type { FeedCounts } from './stats.ts';

export interface BusIntakeOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly log: Log;
  readonly counts: FeedCounts;
  /** Something was committed. `read` decodes it, for those who want to know what: undefined when it is no event. */
  readonly onEvent: (stream: string, read: () => StreamEvent | undefined) => void;
  readonly onTrade: (symbol: string, data: Uint8Array) => void;
  /** May throw for what is no candle. */
  readonly onCandle: (symbol: string, data: Uint8Array) => void;
}

const DECODER = new TextDecoder();

export class BusIntake {
  readonly #options: BusIntakeOptions;
  readonly #unsubscribe: readonly (() => void)[];

  constructor(options: BusIntakeOptions) {
    this.#options = options;
    const { bus, subjects, onTrade, onCandle } = options;
    this.#unsubscribe = [
      bus.subscribe(`${subjects.prefix}.event.*.*`, (message) => this.#event(message)),
      bus.subscribe(subjects.market('*', 'trade'), ({ subject, data }) => onTrade(nameIn(subject), data)),
      bus.subscribe(subjects.market('*', 'candle'), ({ subject, data }) => {
        const symbol = nameIn(subject);
        try {
          onCandle(symbol, data);
        } catch (error) {
          this.bad(symbol, error);
        }
      }),
    ];
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  /** A message that could not be read. */
  bad(name: string, error: unknown): void {
    const { log, counts } = this.#options;
    counts.badMessages += 1;
    log.warn({ name, error: messageOf(error) }, 'a message of the bus could not be read');
  }

  #event({ subject, data }: BusMessage): void {
    const stream = nameIn(subject);
    this.#options.onEvent(stream, () => {
      try {
        return decode(stream, data);
      } catch (error) {
        this.bad(stream, error);
        return undefined;
      }
    });
  }
}

function decode(stream: string, data: Uint8Array): StreamEvent {
  const json = DECODER.decode(data);
  const value = JSON.parse(json) as { stream?: unknown; seq?: unknown; kind?: unknown } | null;
  const { seq, kind } = value ?? {};
  if (value?.stream !== stream || typeof kind !== 'string' || typeof seq !== 'number' || !Number.isSafeInteger(seq)) {
    throw new TypeError('an event names its stream, seq and kind');
  }
  return { seq, kind, json };
}

/** The token before the last: the stream or symbol of a subject. */
function nameIn(subject: string): string {
  const end = subject.lastIndexOf('.');
  return subject.slice(subject.lastIndexOf('.', end - 1) + 1, end);
}

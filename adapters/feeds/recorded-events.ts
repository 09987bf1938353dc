/**
 * Recorded files as one stream of market events. Minutes close for all symbols together, as far as each is recorded,
 * so that a quiet symbol's candles do not come long after those of the others.
 */
import { MINUTE_MS } from '../../domain/candle.ts';
import { lastCandles } from './last-candles.ts';
import { mergeByTime } from './merge-rows.ts';
import type { TimedEvent } from './playback.ts';
import { type RecordedFile, readRecordedFile } from './recorded-file.ts';
import type { RecordedRow } from './recorded-row.ts';
import { type RecordingCounts, SymbolRecording } from './symbol-recording.ts';

/** Events handed on at once; bounds what is waiting however many symbols a recording has. */
const BATCH_EVENTS = 1_024;

/** What a file set holds of one symbol. */
export interface SymbolSummary extends RecordingCounts {
  readonly symbol: string;
  readonly type: 'candle' | 'trade';
  /** The start of its first minute. */
  readonly coveredFrom: number;
  /** The end of its last minute. */
  readonly coveredUntil: number;
}

/** What is done about rows that can't all be true. */
export interface RecordingRules {
  /** Candles that turn back in time: `sort` them, and count, or `refuse` the file. */
  readonly disorder: 'sort' | 'refuse';
  /** Of two candles of a minute that contradict each other: which one holds. */
  readonly contradictions: 'refuse' | 'first' | 'last';
}

export interface RecordingSummary {
  readonly symbols: readonly SymbolSummary[];
  /** Rows that were earlier than the one before them in their file. */
  readonly outOfOrder: number;
}

/** Reads everything once, so that whatever is wrong is known before the first event is played. */
export async function surveyFiles(files: readonly RecordedFile[], rules: RecordingRules): Promise<RecordingSummary> {
  let outOfOrder = 0;
  const countDisorder = (): void => {
    outOfOrder += 1;
  };
  const recordings = new Map<string, SymbolRecording>();
  const countDropped = (row: RecordedRow, differs: boolean): void => {
    recordingOf(row, recordings, rules).counts[differs ? 'contradictions' : 'duplicates'] += 1;
  };
  for await (const batch of rowsByTime(files, rules, countDisorder, countDropped)) {
    for (const row of batch) recordingOf(row, recordings, rules).take(row);
  }
  const symbols = [...recordings.values()].map((recording) => {
    recording.closeThrough(recording.coveredUntil);
    const { symbol, type, coveredFrom, coveredUntil, counts } = recording;
    return { symbol, type, coveredFrom, coveredUntil, ...counts };
  });
  return { symbols, outOfOrder };
}

/** The events of the files in order of time. `coveredUntil` is each symbol's, from the survey. */
export async function* recordedEvents(
  files: readonly RecordedFile[],
  coveredUntil: ReadonlyMap<string, number>,
  rules: RecordingRules,
): AsyncGenerator<TimedEvent[]> {
  const recordings = new Map<string, SymbolRecording>();
  const closeMinute = (boundary: number): TimedEvent[] =>
    [...recordings.values()].flatMap((recording) =>
      recording.closeThrough(Math.min(boundary, coveredUntil.get(recording.symbol) ?? boundary)),
    );
  let boundary: number | undefined;
  for await (const batch of rowsByTime(files, rules)) {
    let events: TimedEvent[] = [];
    for (const row of batch) {
      boundary ??= Math.ceil(row.at / MINUTE_MS) * MINUTE_MS;
      // Strictly before: rows that fall on the boundary itself may still bring the candle that closes there.
      for (; boundary < row.at; boundary += MINUTE_MS) events.push(...closeMinute(boundary));
      for (const event of recordingOf(row, recordings, rules).take(row)) events.push(event);
      if (events.length >= BATCH_EVENTS) {
        yield events;
        events = [];
      }
    }
    yield events;
  }
  const end = Math.max(...coveredUntil.values());
  for (; boundary !== undefined && boundary <= end; boundary += MINUTE_MS) yield closeMinute(boundary);
}

const unheard = (): void => undefined;

function rowsByTime(
  files: readonly RecordedFile[],
  { disorder, contradictions }: RecordingRules,
  onDisorder: () => void = unheard,
  onDropped: (row: RecordedRow, differs: boolean) => void = unheard,
): AsyncGenerator<readonly RecordedRow[]> {
  const rows = mergeByTime(files.map((file) => readRecordedFile(file, disorder, onDisorder)));
  return contradictions === 'last' ? lastCandles(rows, onDropped) : rows;
}

function recordingOf(
  row: RecordedRow,
  recordings: Map<string, SymbolRecording>,
  { contradictions }: RecordingRules,
): SymbolRecording {
  let recording = recordings.get(row.symbol);
  if (recording === undefined) {
    recording = new SymbolRecording(row, contradictions === 'first');
    recordings.set(row.symbol, recording);
  }
  return recording;
}

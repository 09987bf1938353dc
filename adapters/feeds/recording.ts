/**
 * Recorded files as one market: what they hold is known, and that every line can be used, before the first event is played.
 * Both the `file` feed and the backtest play what stands here.
 */
import type { TimedEvent } from './playback.ts';
import { type RecordingRules, recordedEvents, type SymbolSummary, surveyFiles } from './recorded-events.ts';
import { type FileSource, type RecordedFile, recognizeFile } from './recorded-file.ts';
import { RecordedDataError } from './recorded-row.ts';

export class Recording {
  readonly files: readonly RecordedFile[];
  /** In the order of their first rows, and of the files where they start together. */
  readonly symbols: readonly SymbolSummary[];
  /** Rows that were earlier than the one before them in their file, and were sorted. */
  readonly outOfOrder: number;
  private readonly rules: RecordingRules;

  private constructor(
    files: readonly RecordedFile[],
    summary: { readonly symbols: readonly SymbolSummary[]; readonly outOfOrder: number },
    rules: RecordingRules,
  ) {
    this.files = files;
    this.symbols = summary.symbols;
    this.outOfOrder = summary.outOfOrder;
    this.rules = rules;
  }

  /** Reads all files once. Rejects with RecordedDataError, naming file and line. */
  static async open(sources: readonly FileSource[], rules: RecordingRules): Promise<Recording> {
    const files = await Promise.all(sources.map(recognizeFile));
    const summary = await surveyFiles(files, rules);
    for (const source of sources) {
      const { symbols } = summary;
      const nothing =
        symbols.length === 0 || (source.symbol && !symbols.some(({ symbol }) => symbol === source.symbol));
      if (nothing)
        throw new RecordedDataError(source, `holds no candle or trade${source.symbol ? ` of ${source.symbol}` : ''}`);
    }
    return new Recording(files, summary, rules);
  }

  events(): AsyncGenerator<TimedEvent[]> {
    const coveredUntil = new Map(this.symbols.map(({ symbol, coveredUntil: until }) => [symbol, until]));
    return recordedEvents(this.files, coveredUntil, this.rules);
  }
}

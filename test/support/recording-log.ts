/** A log that keeps what was written, so that a test can see what a person would. */
import type { Log } from '../../protocol/ports/log.ts';

export interface LogLine {
  readonly level: keyof Log;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export class RecordingLog implements Log {
  readonly lines: LogLine[] = [];

  debug(fields: LogLine['fields'], message: string): void {
    this.lines.push({ level: 'debug', fields, message });
  }

  info(fields: LogLine['fields'], message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }

  warn(fields: LogLine['fields'], message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }

  error(fields: LogLine['fields'], message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }

  at(level: keyof Log): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }
}

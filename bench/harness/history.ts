/** bench/history.ndjson: every run that was recorded, one line each, the oldest first. */
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Report, toJson } from './report.ts';

export const HISTORY_PATH = fileURLToPath(new URL('../history.ndjson', import.meta.url));

export function appendHistory(report: Report, path: string = HISTORY_PATH): void {
  // One write of one line: two runs that end at once don't mix.
  appendFileSync(path, `${toJson(report)}\n`);
}

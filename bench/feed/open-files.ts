/** Thousands of connections need as many open files: known before anything starts, not in the middle of it. */
import { UsageError } from '../harness/options.ts';
import { CLIENT_PROCESSES } from './clients/clients.ts';

/** What a process has open beside the connections. */
const OTHER_FILES = 100;

export interface Crowd {
  readonly clients: number;
  readonly contenders: number;
}

/** Files that the busiest process has open: a process of clients, or one contender. */
export function filesNeeded({ clients, contenders }: Crowd): number {
  return Math.max(clients, (clients * contenders) / CLIENT_PROCESSES) + OTHER_FILES;
}

/** Throws UsageError. */
export function insistOnOpenFiles(crowd: Crowd, limit: number | undefined = openFilesMax()): void {
  const needed = filesNeeded(crowd);
  if (limit === undefined || limit >= needed) return;
  throw new UsageError(
    `${crowd.clients} clients of ${crowd.contenders} contenders need ${needed} open files in a process, and ${limit} are allowed: ulimit -n ${needed}`,
  );
}

/** Node has raised its own limit to the hard one, and its children inherit that. Undefined where there is none. */
function openFilesMax(): number | undefined {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : undefined;
}

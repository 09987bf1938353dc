/** Many seeds over all cores: processes that take the next seed when they are done with one, and what they found. */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { FaultCounts } from './fault-counts.ts';
import { type RunResult, World } from './world.ts';

export interface CampaignOptions {
  readonly from: number;
  readonly seeds: number;
  readonly steps: number;
  readonly workers?: number;
  /** Ends as soon as so many seeds have found a violation. */
  readonly failuresMax?: number;
  readonly onResult?: (result: RunResult) => void;
}

export interface CampaignResult {
  readonly from: number;
  readonly seeds: number;
  readonly steps: number;
  readonly events: number;
  readonly virtualSeconds: number;
  readonly commands: number;
  readonly accepted: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly violations: number;
  /** The runs that found something, by seed. */
  readonly failures: readonly RunResult[];
}

interface Job {
  readonly seed: number;
  readonly steps: number;
}

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/** Errors are thrown by the thousand here, and nobody reads their stacks; nearly everything is forgotten at once. */
const NODE_OPTIONS = ['--stack-trace-limit=0', '--max-semi-space-size=32', '--import', 'tsx'];

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { from, seeds, steps, failuresMax = Number.POSITIVE_INFINITY } = options;
  const results: RunResult[] = [];
  const counts = new FaultCounts();
  let next = from;
  let failed = 0;
  const nextJob = (): Job | undefined => {
    if (next >= from + seeds || failed >= failuresMax) return undefined;
    next += 1;
    return { seed: next - 1, steps };
  };
  const take = (result: RunResult): void => {
    results.push(result);
    counts.merge(result.faults);
    if (result.violations.length > 0) failed += 1;
    options.onResult?.(result);
  };
  const workers = Math.min(options.workers ?? availableParallelism(), seeds);
  await Promise.all(Array.from({ length: workers }, () => runWorker(nextJob, take)));
  const sum = (of: (result: RunResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  return {
    from,
    seeds: results.length,
    steps: sum((result) => result.steps),
    events: sum((result) => result.events),
    virtualSeconds: Math.round(sum((result) => result.virtualMs) / 1_000),
    commands: sum((result) => result.commands),
    accepted: sum((result) => result.accepted),
    faults: counts.toJson(),
    violations: sum((result) => result.violations.length),
    failures: results.filter(({ violations }) => violations.length > 0).sort((a, b) => a.seed - b.seed),
  };
}

/** A process that runs one seed after the other; a seed that ends it is a violation of that seed. */
function runWorker(nextJob: () => Job | undefined, take: (result: RunResult) => void): Promise<void> {
  const first = nextJob();
  if (first === undefined) return Promise.resolve();
  return new Promise((resolve, reject) => {
    let job: Job | undefined = first;
    const worker = fork(MAIN, ['--worker'], { execArgv: NODE_OPTIONS });
    worker.on('message', (result: RunResult) => {
      take(result);
      job = nextJob();
      if (job === undefined) worker.disconnect();
      else worker.send(job);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      if (job !== undefined) reject(new Error(`the process that ran seed ${job.seed} ended with code ${code}`));
      else resolve();
    });
    worker.send(job);
  });
}

/** What `--worker` does: seeds come and results go over the process's channel. */
export function serveCampaign(): void {
  process.on('message', (job: Job) => {
    new World(job).run().then((result) => process.send?.(result));
  });
}

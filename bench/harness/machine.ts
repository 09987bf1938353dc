/** What the numbers were measured on: a figure means nothing without it. */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly node: string;
  readonly postgres: string;
  readonly nats: string;
}

export function describeMachine({ postgres = '', nats = '' }: { postgres?: string; nats?: string } = {}): Machine {
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    node: process.version,
    postgres,
    nats,
  };
}

/** What a run leaves in the checkout changes nothing of what the next one measures. */
const RESULTS = ['bench/history.ndjson', 'bench/plots'].map((path) => `:(top,exclude)${path}`);
const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

/** The sources measured; "with changes" when they are not exactly that commit. */
export function describeCommit(checkout: string = CHECKOUT): string {
  const git = (...parameters: string[]) =>
    execFileSync('git', parameters, { cwd: checkout, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--untracked-files=no', '--', ':/', ...RESULTS) !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}`;
  } catch {
    // A package without its repository has no commit to name.
    return 'unknown';
  }
}

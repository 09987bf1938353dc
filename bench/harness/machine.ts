/** What the numbers were measured on: a figure means nothing without it. */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

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

/** The sources measured; "with changes" when they are not exactly that commit. */
export function describeCommit(): string {
  const git = (...parameters: string[]) =>
    execFileSync('git', parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}`;
  } catch {
    // A package without its repository has no commit to name.
    return 'unknown';
  }
}

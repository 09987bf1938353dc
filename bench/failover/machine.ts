/** What the numbers were measured on: a stall means nothing without it. */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import type { NatsConnection } from 'nats';
import { sql } from '../../test/support/ledger-audit.ts';

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly node: string;
  readonly postgres: string;
  readonly nats: string;
  /** The sources measured; "with changes" when they are not exactly that commit. */
  readonly commit: string;
}

export async function describeMachine(databaseUrl: string, nc: NatsConnection): Promise<Machine> {
  const [row] = await sql<{ server_version: string }>(databaseUrl, 'show server_version');
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    node: process.version,
    postgres: row?.server_version ?? 'unknown',
    nats: nc.info?.version ?? 'unknown',
    commit: commit(),
  };
}

function commit(): string {
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

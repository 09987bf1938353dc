/** `npm run bench` as people and CI run it: what it prints, how it ends, and that nothing of it stays behind. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../bench/harness/report.ts';
import { until } from '../support/engine-process.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const READY_MS_MAX = 50_000;
/** The quickest there is that takes a server: one symbol, one caller, one round, the baseline and nobody else. */
const WITH_POSTGRES = 'ledger --quick --no-record --json --rounds 1 --scenario hot/1 --contender for-update';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let started: ChildProcess[] = [];

/** One for all: loaders cache what they compile in it. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-command-'));
  // As root Postgres runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
});
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  started = [];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** With a temporary folder of this file's own. `interruptAt`: SIGTERM as soon as its standard error says so. */
async function bench(line: string, { interruptAt }: { interruptAt?: string } = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...line.split(' ')], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (piece: Buffer) => {
    stdout += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece.toString();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  if (interruptAt !== undefined) {
    await until(
      () => stderr.includes(interruptAt),
      READY_MS_MAX,
      () => `never said ${interruptAt}: ${stderr}`,
    );
    child.kill('SIGTERM');
  }
  return ended;
}

/** What a run has left in its temporary folder; compilers and loaders cache there, which is theirs. */
function leftBehind(): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('coinpilot-'));
}

function reportOf({ stdout }: Ended): Report {
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Report;
}

describe('a run with --json', () => {
  it('prints one line a suite and nothing else, and ends with 0 when nothing was lost', async () => {
    const ended = await bench('actors --quick --no-record --json --scenario events --contender coinpilot');
    expect(ended.code, ended.stderr).toBe(0);
    const report = reportOf(ended);
    expect(report).toMatchObject({ suite: 'actors', quick: true, isBroken: false, fsyncDelayMs: 0 });
    expect(report.machine).toMatchObject({ cores: expect.any(Number), node: process.version });
    expect(new Date(report.startedAt).toISOString()).toBe(report.startedAt);
    const ours = report.rows.find(({ contender }) => contender === 'coinpilot');
    expect(ours).toMatchObject({ scenario: 'events', lost: 0, ratio: expect.any(Number) });
    expect(ours?.opsPerSecond).toBeGreaterThan(0);
  });

  it('takes its server with it, and whatever it built to delay every fsync', async () => {
    const delayMs = hasCompiler() ? 1 : 0;
    const ended = await bench(delayMs === 0 ? WITH_POSTGRES : `${WITH_POSTGRES} --fsync-delay ${delayMs}ms`);
    expect(ended.code, ended.stderr).toBe(0);
    const { machine, fsyncDelayMs, rows } = reportOf(ended);
    expect(machine).toMatchObject({ postgres: expect.stringMatching(/^\d+\.\d+/), nats: '' });
    expect(fsyncDelayMs).toBe(delayMs);
    expect(rows).toEqual([
      expect.objectContaining({ scenario: 'hot/1', contender: 'for-update', isBaseline: true, lost: 0, ratio: 1 }),
    ]);
    // No commit is acknowledged before an fsync that began after it; how much longer it takes is the machine's business.
    expect(rows[0]?.p50Ms).toBeGreaterThanOrEqual(delayMs);
    expect(leftBehind()).toEqual([]);
  });
});

describe('an interrupted run', () => {
  it('tells what it had and why that is not all, and takes its server with it', async () => {
    const ended = await bench(WITH_POSTGRES, { interruptAt: 'hot/1' });
    expect(ended.code, ended.stderr).toBe(143);
    expect(reportOf(ended)).toMatchObject({ suite: 'ledger', cutShort: 'SIGTERM', rows: [] });
    expect(leftBehind()).toEqual([]);
  });
});

describe('a run that was asked for what there is not', () => {
  it.each([
    ['no-such-suite', 'ledger, end-to-end, actors, limits, failover'],
    ['ledger limits --scenario hot/1 --scenario no-such-scenario', 'no scenario "no-such-scenario"; there are: hot/1'],
  ])('%s: says what there is and ends with 2', async (line, told) => {
    const { code, stdout, stderr } = await bench(line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(told);
  });
});

function hasCompiler(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

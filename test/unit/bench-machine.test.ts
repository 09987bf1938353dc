/** A line of the history names the sources it measured: what the bench itself writes is none of them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeCommit } from '../../bench/harness/machine.ts';

let checkout: string;

const write = (path: string, text: string) => writeFileSync(join(checkout, path), text);
const git = (...parameters: string[]) => {
  const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.invalid', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...identity, ...parameters], { cwd: checkout, stdio: 'ignore' });
};

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'coinpilot-commit-'));
  git('init');
  mkdirSync(join(checkout, 'bench/plots'), { recursive: true });
  for (const path of ['source.ts', 'bench/history.ndjson', 'bench/plots/ledger.svg']) write(path, 'before');
  git('add', '.');
  git('commit', '-m', 'first');
});
afterEach(() => rmSync(checkout, { recursive: true }));

describe('the commit of a run', () => {
  it('is the same after a run has written its history and plots', () => {
    write('bench/history.ndjson', 'after');
    write('bench/plots/ledger.svg', 'after');
    expect(describeCommit(checkout)).toMatch(/^[0-9a-f]+$/);
  });

  it('is told "with changes" when a source has some', () => {
    write('source.ts', 'after');
    expect(describeCommit(checkout)).toMatch(/^[0-9a-f]+ with changes$/);
  });

  it('is unknown outside of a repository', () => {
    rmSync(join(checkout, '.git'), { recursive: true });
    expect(describeCommit(checkout)).toBe('unknown');
  });
});

/** `coinpilot backtest` as a process, and beside `up` over the same recording: the same trades and the same funnel (I8, I9). */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BacktestReport } from '../../research/backtest/report.ts';
import { EngineHome } from '../support/engine-process.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { hasSharedData, sharedFile } from '../support/shared-data.ts';

const COMMAND = fileURLToPath(new URL('../../coinpilot.mjs', import.meta.url));
const MONTH = sharedFile('data/btc-perp-1m.csv');
const run = promisify(execFile);

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coinpilot-backtest-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function backtest(...options: string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await run(process.execPath, [COMMAND, 'backtest', ...options], {
      cwd: folder,
      maxBuffer: 64 * 1024 * 1024,
    });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

describe.runIf(hasSharedData)('a backtest of the recorded month (needs ../shared)', () => {
  const rules = ['--symbol', 'KRW-BTC', '--preset', 'v3.2', '--risk', 'on', '--fees', '0.05', '--slippage', '5'];
  let database: TestDatabase;
  let home: EngineHome;

  beforeAll(async () => {
    database = await createDatabase('backtest beside up');
    home = await EngineHome.create(['--database-url', database.url]);
  });

  afterAll(async () => {
    await home?.remove();
    await database?.drop();
  });

  it('trades and counts exactly as the live engine does over the same file, fees, slippage and risk on', async () => {
    const engine = home.run('up', '--feed', `file:${MONTH}`, ...rules, '--speed', 'max', '--exit-at-end');
    const exit = await engine.whenExited(150_000);
    expect(exit, engine.log.slice(-2_000)).toEqual({ code: 0, signal: null });
    const live = JSON.parse(engine.lines.at(-1) ?? '') as Pick<BacktestReport, 'trades' | 'funnel'>;
    const { out } = await backtest('--data', MONTH, ...rules, '--json');
    const report = JSON.parse(out) as BacktestReport;
    expect(live.trades.length).toBeGreaterThan(30);
    expect(report.trades).toEqual(live.trades);
    expect(report.funnel).toEqual(live.funnel);
    expect(Object.keys(report.refusals)).toContain('COOLDOWN');
  }, 240_000);

  it('prints the same bytes for the same input, and writes trades and page', async () => {
    const packed = join(folder, 'KRW-BTC-1m.csv.gz');
    await writeFile(packed, gzipSync(await readFile(MONTH)));
    const [csv, html] = [join(folder, 'trades.csv'), join(folder, 'page.html')];
    const first = await backtest('--data', packed, '--json', '--csv', csv, '--html', html);
    const second = await backtest('--data', MONTH, '--symbol', 'KRW-BTC', '--json');
    expect(first.code, first.err).toBe(0);
    expect(first.out).toBe(second.out);
    const { trades } = JSON.parse(first.out) as BacktestReport;
    const lines = (await readFile(csv, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(trades.length + 1);
    expect(lines[1]).toBe(Object.values(trades[0] ?? {}).join(','));
    const page = await readFile(html, 'utf8');
    expect(page.match(/class="mark entry"/g)).toHaveLength(trades.length);
    expect(page).not.toMatch(/(?:src|href)=|url\(|<script/);
  }, 120_000);

  it('prints tables for people', async () => {
    const { out } = await backtest('--data', MONTH, '--symbol', 'KRW-BTC');
    for (const title of ['Symbols', 'Exits', 'Why entries were not made', 'Summary', 'max drawdown']) {
      expect(out).toContain(title);
    }
    expect(out).toMatch(/Sharpe +N\/A/);
  }, 60_000);
});

describe('a backtest that can not be run', () => {
  it('tells every mistake at once and ends with 2', async () => {
    const { code, err, out } = await backtest(
      ...['--data', 'nowhere.csv', '--preset', 'v9', '--fees', 'many', '--from', 'soon', '--csv', 'no/such/trades.csv'],
    );
    expect(code).toBe(2);
    expect(out).toBe('');
    for (const mistake of ['nowhere.csv: there is no such file', '"v9"', '--fees', '--from', '--csv']) {
      expect(err).toContain(mistake);
    }
  }, 30_000);

  it('asks for data when none is named', async () => {
    const { code, err } = await backtest();
    expect(code).toBe(2);
    expect(err).toContain('--data: name the file');
  }, 30_000);

  it('names file and line of a candle that contradicts another one, and ends with 1', async () => {
    const path = join(folder, 'KRW-XRP.csv');
    const row = (minute: number, close: number) => `2026-01-05 00:0${minute}:00,10,12,9,${close},1`;
    await writeFile(path, ['timestamp,open,high,low,close,volume', row(0, 10), row(1, 11), row(1, 10)].join('\n'));
    const refused = await backtest('--data', path);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(`${path}:4: another candle of KRW-XRP at 2026-01-05T00:01:00.000Z than in ${path}:3`);
    const { out } = await backtest('--data', path, '--on-duplicate', 'last', '--json');
    expect((JSON.parse(out) as BacktestReport).data.symbols[0]).toMatchObject({ candles: 2, contradictions: 1 });
  }, 60_000);
});

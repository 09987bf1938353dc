/** How much memory the command takes at its worst, from a file of millions of minutes to the JSON. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { Row } from '../harness/suite.ts';
import { marketMinutes } from './market.ts';

export const MEMORY = 'memory';
const COMMAND = fileURLToPath(new URL('../../coinpilot.mjs', import.meta.url));
const MEGABYTE_IN_KB = 1_000;
/** Lines written at once. */
const CHUNK = 10_000;

/** Runs in the measured process before anything else: says its largest resident size when it ends. */
const AT_EXIT =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("maxRSS "+process.resourceUsage().maxRSS+"\\n"))';

export async function measureMemory(minutes: number, seed: number): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'coinpilot-bench-backtest-'));
  try {
    const path = join(folder, 'KRW-BTC.csv');
    await pipeline(Readable.from(csvChunks(minutes, seed)), createWriteStream(path));
    const { megabytes, fault } = await runCommand(path, minutes);
    return {
      scenario: `${MEMORY} ${minutes / 1e6} million`,
      contender: 'coinpilot',
      opsPerSecond: null,
      p50Ms: null,
      p99Ms: null,
      lost: null,
      ratio: null,
      figure: { value: megabytes, unit: 'MB' },
      ...(fault === undefined ? {} : { faults: [fault] }),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runCommand(path: string, minutes: number): Promise<{ megabytes: number; fault: string | undefined }> {
  const child = spawn(process.execPath, ['--import', AT_EXIT, COMMAND, 'backtest', '--data', path, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => {
    out += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    err += piece.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  process.removeListener('exit', end);
  const megabytes = Number(/maxRSS (\d+)/.exec(err)?.[1] ?? Number.NaN) / MEGABYTE_IN_KB;
  if (code !== 0) return { megabytes, fault: `the command ended with ${code}: ${err.slice(0, 300)}` };
  const { data } = JSON.parse(out) as { readonly data: { readonly symbols: readonly { readonly candles: number }[] } };
  const decided = data.symbols[0]?.candles;
  return { megabytes, fault: decided === minutes ? undefined : `${decided} of ${minutes} minutes were decided on` };
}

function* csvChunks(minutes: number, seed: number): Generator<string> {
  let lines = ['timestamp,open,high,low,close,volume'];
  for (const { openTime, open, high, low, close, volume } of marketMinutes(minutes, seed)) {
    lines.push(`${new Date(openTime).toISOString().slice(0, 19)},${open},${high},${low},${close},${volume}`);
    if (lines.length < CHUNK) continue;
    yield `${lines.join('\n')}\n`;
    lines = [];
  }
  yield `${lines.join('\n')}\n`;
}

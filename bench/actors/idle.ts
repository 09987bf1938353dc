/** Heap and start time of symbols that nobody talks to, by how many there are. */
import { Child } from '../harness/child.ts';
import { median, spread } from '../harness/statistics.ts';
import type { Row, SuiteContext, Target } from '../harness/suite.ts';
import type { FromPod, Idle, ToPod } from './pod-protocol.ts';

export const IDLE = 'idle';
const SYMBOLS = [100, 1_000, 10_000];
/** A quick run does not wait for the start of many. */
const QUICK_SYMBOLS = [100, 1_000];
const ROUNDS = 2;
/** The count that is promised for. */
const PROMISED = 10_000;
const KILOBYTE = 1_000;

export async function measureIdleSymbols(context: SuiteContext): Promise<{ rows: Row[]; targets: Target[] }> {
  const rounds = context.rounds ?? (context.isQuick ? 1 : ROUNDS);
  const measured = new Map<number, Idle[]>((context.isQuick ? QUICK_SYMBOLS : SYMBOLS).map((symbols) => [symbols, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [symbols, seen] of measured) {
      context.progress(`${symbols} idle symbols`);
      seen.push(await measureOnce(symbols));
    }
  }
  const rows = [...measured].flatMap(([symbols, seen]) => [
    figure(
      `${symbols} symbols`,
      'heap',
      'kB/symbol',
      seen.map(({ heapBytes }) => heapBytes / KILOBYTE),
    ),
    figure(
      `${symbols} symbols`,
      'resident',
      'kB/symbol',
      seen.map(({ residentBytes }) => residentBytes / KILOBYTE),
    ),
    figure(
      `${symbols} symbols`,
      'start',
      'ms',
      seen.map(({ startMs }) => startMs),
    ),
  ]);
  const promised = (measured.get(PROMISED) ?? []).map(({ heapBytes }) => heapBytes / KILOBYTE);
  const text = 'heap per idle symbol';
  const target: Target = { text, atLeast: 6, aim: 4.5, measured: median(promised), isCeiling: true, unit: 'kB' };
  return { rows, targets: promised.length > 0 ? [target] : [] };
}

async function measureOnce(symbols: number): Promise<Idle> {
  const child = new Child<ToPod, FromPod>('./pod-process.ts', import.meta.url);
  try {
    return await child.ask({ type: 'measure', symbols }, 'measured');
  } finally {
    await child.stop({ type: 'stop' });
  }
}

function figure(scenario: string, contender: string, unit: string, values: readonly number[]): Row {
  return {
    scenario: `${IDLE} ${scenario}`,
    contender,
    opsPerSecond: null,
    p50Ms: null,
    p99Ms: null,
    lost: null,
    ratio: null,
    spread: spread(values),
    figure: { value: median(values), unit },
  };
}

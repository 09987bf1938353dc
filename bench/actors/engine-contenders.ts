/**
 * One symbol of a whole Pod over the memory ledger: mailbox, machine, runner and group commit, with a ledger that answers
 * at once. Every slice gets a Pod of its own, so that none pays for the journal the others have left in memory.
 */
import { type Candle, MINUTE_MS } from '../../domain/candle.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { MarketEvent } from '../../protocol/ports/market.ts';
import type { SymbolHost } from '../../supervisors/symbol-host.ts';
import type { Contender, Slice } from '../harness/interleave.ts';
import { inChunks } from './chunks.ts';
import { fillMaker, openingFill, type SymbolFill } from './load.ts';
import { memoryFaults } from './loaded-pod.ts';
import { MemoryPod } from './memory-pod.ts';

const SYMBOL = 'KRW-S0';
/** What one read of a socket may bring; the mailbox takes no more. */
const BURST = LIMITS.mailboxMessagesMax;
/** Every so many operations one is timed. */
const TIMED_EVERY = 16;
const OPEN_TIME = Date.UTC(2026, 0, 1);

/** Fills as commands, each answered after its commit. */
export function coinpilotFills(seed: number): Contender {
  const next = fillMaker([SYMBOL], seed);
  let lost = 0;
  const faults = new Set<string>();
  return {
    name: 'coinpilot',
    slice: (durationMs) =>
      withSymbol(async (host, pod) => {
        await fillBurst(host, [{ symbol: SYMBOL, request: openingFill() }]);
        const slice = await inChunks(durationMs, next, (chunk) => fillAll(host, chunk));
        lost += slice.operations + 1 - (pod.ledger.database.positions.get(SYMBOL)?.version ?? 0);
        for (const fault of memoryFaults(pod)) faults.add(fault);
        return slice;
      }),
    verdict: async () => ({ lost, faults: [...faults] }),
  };
}

/** Trades of the market that move the price and decide nothing. */
export function coinpilotTicks(): Contender {
  return {
    name: 'coinpilot-ticks',
    slice: (durationMs) =>
      withSymbol((host) => {
        let count = 0;
        const next = (): MarketEvent => {
          count += 1;
          const at = OPEN_TIME + count;
          return {
            type: 'trade',
            symbol: SYMBOL,
            trade: { tradeId: String(count), price: price(count), quantity: 1, at },
          };
        };
        return inChunks(durationMs, next, (chunk) => deliverAll(host, chunk));
      }),
  };
}

/** Closed minutes: every one updates all indicators and is decided on, with a "no". */
export function coinpilotCandles(): Contender {
  return {
    name: 'coinpilot-candles',
    slice: (durationMs) =>
      withSymbol((host) => {
        let minute = 0;
        const next = (): MarketEvent => {
          minute += 1;
          return { type: 'candle', symbol: SYMBOL, candle: candleOf(minute), inside: 'trades' };
        };
        return inChunks(durationMs, next, (chunk) => deliverAll(host, chunk));
      }),
  };
}

async function withSymbol(load: (host: SymbolHost, pod: MemoryPod) => Promise<Slice>): Promise<Slice> {
  const pod = await MemoryPod.open([SYMBOL]);
  try {
    await pod.serve();
    const host = pod.pod.symbols?.hosts.get(SYMBOL);
    if (host === undefined) throw new Error(`${SYMBOL} is not served`);
    return await load(host, pod);
  } finally {
    await pod.stop();
  }
}

async function fillAll(host: SymbolHost, fills: readonly SymbolFill[]): Promise<readonly number[]> {
  const latenciesMs: number[] = [];
  for (let start = 0; start < fills.length; start += BURST) {
    for (const latency of await fillBurst(host, fills.slice(start, start + BURST))) latenciesMs.push(latency);
  }
  return latenciesMs;
}

/** Resolves when all are answered. A refusal is an error: this load gives no reason for one. */
function fillBurst(host: SymbolHost, fills: readonly SymbolFill[]): Promise<readonly number[]> {
  return new Promise((resolve, reject) => {
    const latenciesMs: number[] = [];
    let open = fills.length;
    fills.forEach(({ request }, index) => {
      const sentAt = index % TIMED_EVERY === 0 ? performance.now() : undefined;
      host.post({ type: 'fill', items: [request], batch: false }, (reply) => {
        if (sentAt !== undefined) latenciesMs.push(performance.now() - sentAt);
        if (!reply.ok) reject(new Error(`a fill was refused: ${reply.error.message}`));
        open -= 1;
        if (open === 0) resolve(latenciesMs);
      });
    });
  });
}

/** As a feed does: the next event when the last one is through. */
async function deliverAll(host: SymbolHost, events: readonly MarketEvent[]): Promise<readonly number[]> {
  const latenciesMs: number[] = [];
  for (const [index, event] of events.entries()) {
    const sentAt = index % TIMED_EVERY === 0 ? performance.now() : undefined;
    await host.market(event);
    if (sentAt !== undefined) latenciesMs.push(performance.now() - sentAt);
  }
  return latenciesMs;
}

/** Wanders within a tenth of a percent: no level is crossed and nothing is oversold. */
function price(step: number): number {
  return 100_000 + (step % 100);
}

function candleOf(minute: number): Candle {
  const close = price(minute);
  return { openTime: OPEN_TIME + minute * MINUTE_MS, open: close, high: close, low: close, close, volume: 10 };
}

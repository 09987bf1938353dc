/** A Pod with so many symbols under a steady number of callers, over the memory ledger or over Postgres. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { applyFill, FLAT, type Position } from '../../domain/position.ts';
import type { Law } from '../harness/draw.ts';
import { closedLoop, type Slice, type Verdict } from '../harness/interleave.ts';
import { openPod } from '../ledger/coinpilot.ts';
import { ledgerFaults } from '../ledger/database.ts';
import { Promises } from '../ledger/promises.ts';
import { fillMaker, openingFill, type SymbolFill, symbolNames } from './load.ts';
import { MemoryPod } from './memory-pod.ts';
import type { Load } from './pod-protocol.ts';

const OPENED_AT_ONCE = 256;

/** A Pod and the ledger behind it, as far as a load needs them. */
interface Served {
  /** Resolves when it is acknowledged. */
  fill(fill: SymbolFill): Promise<void>;
  verdict(): Promise<Verdict>;
  stop(): Promise<void>;
}

export interface LoadedPodOptions {
  readonly symbols: number;
  /** Undefined: the memory ledger. */
  readonly databaseUrl: string | undefined;
  readonly seed: number;
}

export class LoadedPod {
  readonly #served: Served;
  readonly #next: Readonly<Record<Law, () => SymbolFill>>;

  private constructor(served: Served, next: Record<Law, () => SymbolFill>) {
    this.#served = served;
    this.#next = next;
  }

  static async open({ symbols, databaseUrl, seed }: LoadedPodOptions): Promise<LoadedPod> {
    const names = symbolNames(symbols);
    const served = databaseUrl === undefined ? await serveMemory(names) : await servePostgres(databaseUrl, symbols);
    const next = { evenly: fillMaker(names, seed), zipf: fillMaker(names, seed, 'zipf') };
    return new LoadedPod(served, next);
  }

  load({ law, callers, durationMs }: Load): Promise<Slice> {
    const next = this.#next[law];
    return closedLoop(callers, durationMs, () => this.#served.fill(next()));
  }

  audit(): Promise<Verdict> {
    return this.#served.verdict();
  }

  stop(): Promise<void> {
    return this.#served.stop();
  }
}

async function servePostgres(url: string, symbols: number): Promise<Served> {
  const promises = await Promises.begin(url);
  const pod = await openPod(url, symbols);
  return {
    fill: async ({ symbol, request }) => {
      const fill = { ...request, symbol, fee: request.fee ?? 0n, at: request.at ?? Date.now() };
      await pod.fill(fill);
      promises.acknowledged(fill);
    },
    verdict: async () => {
      const { lost, faults } = await promises.verdict();
      return { lost, faults: [...faults, ...(await ledgerFaults(url))] };
    },
    stop: () => pod.close(),
  };
}

async function serveMemory(symbols: readonly string[]): Promise<Served> {
  const pod = await MemoryPod.open(symbols);
  await pod.serve();
  const hosts = pod.pod.symbols?.hosts;
  const { database } = pod.ledger;
  const fill = ({ symbol, request }: SymbolFill): Promise<void> =>
    new Promise((resolve, reject) => {
      const host = hosts?.get(symbol);
      if (host === undefined) throw new Error(`${symbol} is not served`);
      host.post({ type: 'fill', items: [request], batch: false }, (reply) => {
        if (reply.ok) resolve();
        else reject(new Error(`a fill was refused: ${reply.error.message}`));
      });
    });
  let acknowledged = symbols.length;
  for (let start = 0; start < symbols.length; start += OPENED_AT_ONCE) {
    const part = symbols.slice(start, start + OPENED_AT_ONCE);
    await Promise.all(part.map((symbol) => fill({ symbol, request: openingFill() })));
    await turnEnd();
  }
  return {
    // A ledger in memory answers within the turn of the event loop; without its end no heartbeat would ever be sent.
    fill: async (request) => {
      await fill(request);
      acknowledged += 1;
      await turnEnd();
    },
    verdict: async () => {
      const held = [...database.positions.values()].reduce((sum, { version }) => sum + version, 0);
      return { lost: acknowledged - held, faults: memoryFaults(pod) };
    },
    stop: () => pod.stop(),
  };
}

/** The end of this turn of the event loop, one for all who wait for it. */
function turnEnd(): Promise<void> {
  currentTurn ??= nextTurn().then(() => {
    currentTurn = undefined;
  });
  return currentTurn;
}

let currentTurn: Promise<void> | undefined;

/** Positions that differ from the fold over their journal. */
export function memoryFaults({ ledger: { database } }: MemoryPod): readonly string[] {
  const folded = new Map<string, { position: Position; rows: number }>();
  for (const { symbol, fill } of database.journal.all()) {
    if (fill === null) continue;
    const { position, rows } = folded.get(symbol) ?? { position: FLAT, rows: 0 };
    folded.set(symbol, { position: applyFill(position, fill), rows: rows + 1 });
  }
  const wrong = [...database.positions.values()].filter(({ symbol, position, version }) => {
    const { position: expected, rows } = folded.get(symbol) ?? { position: FLAT, rows: 0 };
    return version !== rows || !isSame(position, expected);
  });
  if (wrong.length === 0) return [];
  return [`${wrong.length} positions differ from the fold over their journal, ${wrong[0]?.symbol} first`];
}

function isSame(a: Position, b: Position): boolean {
  return a.quantity === b.quantity && a.cost === b.cost && a.realizedPnl === b.realizedPnl;
}

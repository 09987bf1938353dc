/**
 * A Pod in this process as it is shipped, over the memory ledger and a bus in memory: what is left are the actors, their
 * mailboxes, machines and runners, and the group commit in front of a ledger that answers at once.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PaperVenue } from '../../adapters/paper/paper-venue.ts';
import { systemClock, systemRandom } from '../../adapters/system-clock.ts';
import { parseDecimal } from '../../domain/money.ts';
import { DEFAULT_PAPER_SETTINGS } from '../../domain/paper.ts';
import { DEFAULT_PRESET_NAME, PRESETS } from '../../domain/preset.ts';
import { GroupCommit } from '../../ledger/group-commit.ts';
import type { OwnershipPort } from '../../protocol/ports/ownership.ts';
import { Subjects } from '../../protocol/subjects.ts';
import { Pod } from '../../supervisors/pod.ts';
import type { RunningPart } from '../../supervisors/rest-for-one.ts';
import type { EngineConfig } from '../../supervisors/roles/engine-config.ts';
import { symbolSettings } from '../../supervisors/roles/trading-parts.ts';
import { memoryLedger, silentLog } from '../../test/support/ledger-implementations.ts';
import { MemoryBus } from './memory-bus.ts';

/** What of an engine's configuration the settings of a symbol are made from. */
const CONFIG = { preset: PRESETS[DEFAULT_PRESET_NAME], paper: DEFAULT_PAPER_SETTINGS } as unknown as EngineConfig;

/** Enough that no buy of a suite is refused. */
const OPENING_CASH = parseDecimal('1000000000000');

export class MemoryPod {
  readonly pod: Pod;
  readonly bus: MemoryBus;
  readonly ledger: ReturnType<typeof memoryLedger>;
  readonly #running: RunningPart[] = [];

  private constructor(ledger: MemoryPod['ledger']) {
    this.ledger = ledger;
    this.bus = new MemoryBus();
    const { bus } = this;
    const venue = new PaperVenue({ settings: DEFAULT_PAPER_SETTINGS, store: ledger.paper, log: silentLog });
    this.pod = new Pod({
      pod: 'bench',
      subjects: new Subjects(),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      newIncarnation: randomUUID,
      outside: () => ({
        bus,
        ledger: { ownership: inLaterTurns(ledger.ownership), account: ledger.account, store: ledger.reader },
        venue,
        openWriter: async ({ onFailed, mayCommit }) => ({
          queue: new GroupCommit(ledger.commit, onFailed, mayCommit),
          close: async () => undefined,
        }),
      }),
      symbols: [],
      settingsOf: (symbol) => symbolSettings(CONFIG, symbol),
      limits: 'on',
      openingBalance: OPENING_CASH,
      marketNow: () => systemClock.now(),
      storeMarket: async () => undefined,
      count: () => undefined,
      onTrade: () => undefined,
      onDrain: () => undefined,
    });
  }

  /** A Pod that has everything but its symbols, over a ledger that knows these. */
  static async open(symbols: readonly string[]): Promise<MemoryPod> {
    const ledger = memoryLedger(systemClock);
    await ledger.ownership.addSymbols(symbols);
    const opened = new MemoryPod(ledger);
    for (const part of opened.pod.parts().slice(0, -1)) await opened.#start(part);
    return opened;
  }

  /** Claims every symbol and starts its actor; resolves when all serve. */
  async serve(): Promise<void> {
    const part = this.pod.parts().at(-1);
    if (part !== undefined) await this.#start(part);
  }

  async stop(): Promise<void> {
    this.pod.end();
    this.pod.symbols?.abandon();
    for (const part of this.#running.toReversed()) await part.stop();
  }

  async #start(part: ReturnType<Pod['parts']>[number]): Promise<void> {
    const failed = (error: unknown): void => {
      throw error;
    };
    this.#running.push(await part.start(failed, new AbortController().signal));
  }
}

/** Claims that are answered at once would follow each other without a turn for the heartbeat that must come in between. */
function inLaterTurns(ownership: OwnershipPort): OwnershipPort {
  return new Proxy(ownership, {
    get: (target, method) => {
      const work = target[method as keyof OwnershipPort] as (...values: unknown[]) => Promise<unknown>;
      return async (...values: unknown[]) => {
        await nextTurn();
        return work.apply(target, values);
      };
    },
  });
}

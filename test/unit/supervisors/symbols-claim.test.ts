/** Two requests to serve the same symbols at once, as when a client repeats `cluster.add`: each symbol is claimed once. */
import { describe, expect, it } from 'vitest';
import type { ActorPorts } from '../../../actors/symbol/actor.ts';
import { PaperVenue } from '../../../adapters/paper/paper-venue.ts';
import { upbitKrw } from '../../../domain/instrument.ts';
import { DEFAULT_PAPER_SETTINGS } from '../../../domain/paper.ts';
import { PRESETS } from '../../../domain/preset.ts';
import { GroupCommit } from '../../../ledger/group-commit.ts';
import { MemoryCommit } from '../../../ledger/memory/memory-commit.ts';
import { MemoryDatabase } from '../../../ledger/memory/memory-database.ts';
import { MemoryOwnership } from '../../../ledger/memory/memory-ownership.ts';
import { MemoryPaperStore } from '../../../ledger/memory/memory-paper-store.ts';
import { MemoryReader } from '../../../ledger/memory/memory-reader.ts';
import type { Bus } from '../../../protocol/ports/bus.ts';
import { Subjects } from '../../../protocol/subjects.ts';
import { Membership } from '../../../supervisors/membership.ts';
import { PodStats } from '../../../supervisors/pod-stats.ts';
import { SymbolSupervisor } from '../../../supervisors/symbols.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

/** More than are started at once, so that some wait without a host. */
const SYMBOLS = Array.from({ length: 40 }, (_, index) => `KRW-S${index}`);

const QUIET_BUS: Bus = {
  connected: true,
  publish: () => undefined,
  request: async () => new Uint8Array(),
  subscribe: () => () => undefined,
  flush: async () => undefined,
  close: async () => undefined,
};

async function supervisor(database: MemoryDatabase, clock: FakeClock): Promise<SymbolSupervisor> {
  const log = new RecordingLog();
  const ownership = new MemoryOwnership(database);
  const ledger = new MemoryReader(database);
  const subjects = new Subjects();
  const common = { bus: QUIET_BUS, subjects, clock, log, ownership };
  const owner = { pod: 'pod', incarnation: 'one' };
  const membership = await Membership.join({ ...common, owner, onFenced: () => undefined });
  const ports: ActorPorts = {
    queue: new GroupCommit(new MemoryCommit(database), () => undefined),
    load: { rows: 0 },
    account: { reserve: () => Promise.reject(new Error('nobody enters here')), release: async () => undefined },
    venue: new PaperVenue({ settings: DEFAULT_PAPER_SETTINGS, store: new MemoryPaperStore(database), log }),
    reader: ledger,
    clock,
    log,
    pod: owner.pod,
    mayAct: () => true,
    publish: () => undefined,
    count: () => undefined,
    onClosed: () => undefined,
    onIllegalEvent: () => undefined,
  };
  await ownership.addSymbols(SYMBOLS);
  return new SymbolSupervisor({
    ...common,
    settingsOf: (symbol) => ({
      symbol,
      preset: PRESETS['v3.3'],
      parametersHash: '',
      instrument: upbitKrw(symbol),
      feeRate: 0n,
    }),
    ports,
    membership,
    writer: ledger,
    reader: ledger,
    publish: () => undefined,
    storeMarket: async () => undefined,
    random: { next: () => 0.5 },
    stats: new PodStats(),
  });
}

describe('serving the same symbols twice at once', () => {
  it('claims each of them once: two hosts of one symbol would fence each other for ever', async () => {
    const clock = new FakeClock();
    const database = new MemoryDatabase(clock);
    const symbols = await supervisor(database, clock);
    await Promise.all([symbols.serve(SYMBOLS), symbols.serve(SYMBOLS)]);
    expect([...symbols.hosts.keys()].sort()).toEqual([...SYMBOLS].sort());
    expect(new Set([...database.positions.values()].map(({ epoch }) => epoch))).toEqual(new Set([1]));
    symbols.abandon();
  });
});

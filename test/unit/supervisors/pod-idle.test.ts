/** A Pod that lives but can't work: its lease must not keep symbols and account from the Pods that can. */
import { describe, expect, it } from 'vitest';
import { PaperVenue } from '../../../adapters/paper/paper-venue.ts';
import { upbitKrw } from '../../../domain/instrument.ts';
import { DEFAULT_PAPER_SETTINGS } from '../../../domain/paper.ts';
import { PRESETS } from '../../../domain/preset.ts';
import { GroupCommit } from '../../../ledger/group-commit.ts';
import { RetryableError } from '../../../protocol/errors.ts';
import { contentId } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { Pod } from '../../../supervisors/pod.ts';
import { RestForOne } from '../../../supervisors/rest-for-one.ts';
import { RestartPolicy } from '../../../supervisors/restart-policy.ts';
import { FakeCluster } from '../../support/fake-pod.ts';
import { RecordingLog } from '../../support/recording-log.ts';

const SYMBOLS = Array.from({ length: 6 }, (_, index) => `KRW-S${index}`);

interface Writers {
  /** No connection can be opened any more. */
  areRefused: boolean;
  last: GroupCommit | undefined;
}

/** A Pod of shipped parts under their supervision. */
function podOf({ clock, server, ledger, subjects }: FakeCluster, name: string, writers: Writers) {
  const log = new RecordingLog();
  const bus = server.connect();
  const random = { next: () => 0.5 };
  let lives = 0;
  const pod = new Pod({
    pod: name,
    subjects,
    clock,
    random,
    log,
    newIncarnation: () => {
      lives += 1;
      return contentId(name, lives);
    },
    outside: () => ({
      bus,
      ledger: { ownership: ledger.ownership, account: ledger.account, store: ledger.reader },
      venue: new PaperVenue({ settings: DEFAULT_PAPER_SETTINGS, store: ledger.paper, log }),
      openWriter: async ({ onFailed, mayCommit }) => {
        if (writers.areRefused) throw new RetryableError('too many clients already');
        writers.last = new GroupCommit(ledger.commit, onFailed, mayCommit);
        return { queue: writers.last, close: async () => undefined };
      },
    }),
    symbols: SYMBOLS,
    settingsOf: (symbol) => ({
      symbol,
      preset: PRESETS['v3.3'],
      parametersHash: '',
      instrument: upbitKrw(symbol),
      feeRate: 0n,
    }),
    limits: 'off',
    openingBalance: 0n,
    marketNow: () => clock.now(),
    storeMarket: async () => undefined,
    count: () => undefined,
    onTrade: () => undefined,
    onDrain: () => undefined,
  });
  const settings = { restartsMax: 5, windowMs: 60_000, backoffFirstMs: 50, backoffMaxMs: 1_000 };
  const supervisor = new RestForOne({
    parts: pod.parts(),
    policy: new RestartPolicy(settings, clock, random),
    outsidePolicy: new RestartPolicy(settings, clock, random),
    clock,
    log,
    onGiveUp: (part, error) => log.error({ part, error: String(error) }, 'gave up'),
  });
  return { pod, supervisor, log };
}

describe('a Pod whose writer does not come back', () => {
  it('gives up its lease, and the others serve its symbols and the account', async () => {
    const cluster = new FakeCluster();
    const writers: Writers = { areRefused: false, last: undefined };
    const a = podOf(cluster, 'pod-a', writers);
    const b = podOf(cluster, 'pod-b', { areRefused: false, last: undefined });
    void a.supervisor.start();
    await cluster.clock.advance(500);
    void b.supervisor.start();
    await cluster.clock.advance(5_000);
    expect(new Set(Object.values(cluster.owners()))).toEqual(new Set(['pod-a', 'pod-b']));
    expect(a.pod.account?.isHere).toBe(true);

    writers.areRefused = true;
    writers.last?.fail(new RetryableError('the connection was lost'));
    await cluster.clock.advance(LIMITS.idleLeaseMs + LIMITS.heartbeatIntervalMs * 3);
    expect(cluster.ownedBy('pod-b')).toEqual(SYMBOLS);
    expect(b.pod.symbols?.hosts.size).toBe(SYMBOLS.length);
    expect(b.pod.account?.isHere).toBe(true);
    expect(JSON.stringify(a.log)).toContain('gives up its lease');

    writers.areRefused = false;
    await cluster.clock.advance(10_000);
    expect(cluster.ownedBy('pod-a').length).toBeGreaterThan(0);
    expect([a.pod.serving, b.pod.serving]).toEqual([true, true]);
  });
});

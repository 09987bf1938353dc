/**
 * The cluster's stream, on every ledger: one row a change, in the transaction of the change and given back to be
 * published; none where nothing changed. Numbered without gaps: its head is the version of what Pods know.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FLAT } from '../../domain/position.ts';
import type { ClusterEvent } from '../../protocol/ports/ownership.ts';
import { LEASE_MS, owner } from '../support/ledger-groups.ts';
import { LEDGERS, type Ledger, type LedgerServer } from '../support/ledger-implementations.ts';

const A = owner('pod-a');
const B = owner('pod-b');
const A2 = owner('pod-a', 2);

type Act = (ledger: Ledger) => Promise<ClusterEvent>;

/** Given: A serves and owns ONE and the account; B is joining; TWO and THREE are free; GONE was removed. */
const CHANGES: readonly (readonly [name: string, act: Act, body: Readonly<Record<string, unknown>>])[] = [
  [
    'a Pod joins',
    ({ ownership }) => ownership.register(owner('pod-c'), LEASE_MS),
    { change: 'joined', ...owner('pod-c') },
  ],
  ['a next life joins', ({ ownership }) => ownership.register(A2, LEASE_MS), { change: 'joined', ...A2 }],
  ['a Pod serves', ({ ownership }) => ownership.setState(B, 'serving'), { change: 'serving', ...B }],
  ['a Pod drains', ({ ownership }) => ownership.setState(A, 'draining'), { change: 'draining', ...A }],
  ['a Pod leaves', ({ ownership }) => ownership.leave(A), { change: 'left', ...A }],
  ['a Pod is expired', ({ ownership }) => ownership.expire(A, B, 0), { change: 'expired', ...A }],
  [
    'a Pod is expired as a view names it',
    async ({ ownership }) => {
      const row = (await ownership.view()).pods.find(({ pod }) => pod === 'pod-a');
      return ownership.expire(row ?? A, B, 0);
    },
    { change: 'expired', ...A },
  ],
  [
    'symbols are claimed',
    async ({ ownership }) => (await ownership.claim(B, ['ONE', 'TWO', 'NOT-THERE'])).event,
    { change: 'claimed', ...B, claimed: [{ symbol: 'TWO', epoch: 1 }] },
  ],
  [
    'a symbol is claimed again',
    async ({ ownership }) => (await ownership.claim(A, ['ONE'])).event,
    { change: 'claimed', ...A, claimed: [{ symbol: 'ONE', epoch: 2 }] },
  ],
  [
    'symbols are released',
    ({ ownership }) => ownership.release(A, ['ONE', 'TWO', 'NOT-THERE']),
    { change: 'released', ...A, symbols: ['ONE'] },
  ],
  [
    'symbols are added',
    ({ ownership }) => ownership.addSymbols(['ONE', 'GONE', 'GONE', 'FRESH']),
    { change: 'added', symbols: ['FRESH', 'GONE'] },
  ],
  [
    'a symbol is removed',
    async ({ ownership }) => {
      const result = await ownership.removeSymbol('ONE');
      return result.type === 'removed' ? result.event : undefined;
    },
    { change: 'removed', symbols: ['ONE'] },
  ],
  [
    'a singleton is claimed',
    async ({ ownership }) => (await ownership.claimSingleton(B, 'reporter'))?.event,
    { change: 'singleton-claimed', ...B, singleton: 'reporter', epoch: 1 },
  ],
  [
    'a singleton is claimed again',
    async ({ ownership }) => (await ownership.claimSingleton(A, 'account'))?.event,
    { change: 'singleton-claimed', ...A, singleton: 'account', epoch: 2 },
  ],
  [
    'a singleton is released',
    ({ ownership }) => ownership.releaseSingleton(A, 'account'),
    { change: 'singleton-released', ...A, singleton: 'account' },
  ],
];

const NOTHING: readonly (readonly [name: string, act: (ledger: Ledger) => Promise<unknown>, answer: unknown])[] = [
  ['serving twice', ({ ownership }) => ownership.setState(A, 'serving'), undefined],
  ['a state of another life', ({ ownership }) => ownership.setState(A2, 'draining'), undefined],
  ['leaving as another life', ({ ownership }) => ownership.leave(A2), undefined],
  ['leaving without having joined', ({ ownership }) => ownership.leave(owner('pod-c')), undefined],
  ['expiring another life', ({ ownership }) => ownership.expire(A2, B, 0), undefined],
  ['expiring a Pod whose heartbeat is too young', ({ ownership }) => ownership.expire(A, B, 60_000), undefined],
  ["claiming another's symbol", ({ ownership }) => ownership.claim(B, ['ONE']), { positions: [], event: undefined }],
  [
    'claiming what is not there',
    ({ ownership }) => ownership.claim(B, ['NO', 'GONE']),
    { positions: [], event: undefined },
  ],
  ['claiming nothing', ({ ownership }) => ownership.claim(B, []), { positions: [], event: undefined }],
  ['claiming as a stranger', ({ ownership }) => ownership.claim(A2, ['TWO']), { positions: [], event: undefined }],
  ["releasing another's symbol", ({ ownership }) => ownership.release(B, ['ONE', 'TWO']), undefined],
  ['releasing nothing', ({ ownership }) => ownership.release(A, []), undefined],
  ['adding what is there', ({ ownership }) => ownership.addSymbols(['ONE', 'TWO']), undefined],
  ['adding nothing', ({ ownership }) => ownership.addSymbols([]), undefined],
  ['removing what is not there', ({ ownership }) => ownership.removeSymbol('NO'), { type: 'unknown' }],
  [
    'removing what was removed',
    ({ ownership }) => ownership.removeSymbol('GONE'),
    { type: 'removed', event: undefined },
  ],
  ["claiming another's singleton", ({ ownership }) => ownership.claimSingleton(B, 'account'), undefined],
  ["releasing another's singleton", ({ ownership }) => ownership.releaseSingleton(B, 'account'), undefined],
  [
    'releasing a singleton that nobody claimed',
    ({ ownership }) => ownership.releaseSingleton(A, 'reporter'),
    undefined,
  ],
];

describe.each(LEDGERS)("the cluster's stream on $name", (implementation) => {
  let server: LedgerServer;
  let ledger: Ledger;

  beforeAll(async () => {
    server = await implementation.start();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    ledger = await server.fresh();
    const { ownership } = ledger;
    await ownership.register(A, LEASE_MS);
    await ownership.register(B, LEASE_MS);
    await ownership.addSymbols(['ONE', 'TWO', 'THREE', 'GONE']);
    await ownership.removeSymbol('GONE');
    await ownership.setState(A, 'serving');
    await ownership.claim(A, ['ONE']);
    await ownership.claimSingleton(A, 'account');
  });

  it.each(CHANGES)('has one row when %s', async (_, act, body) => {
    const head = await ledger.reader.head('cluster');
    const event = await act(ledger);
    const rows = await ledger.reader.journal('cluster', head, 10);
    expect(rows).toEqual([event]);
    expect(event).toEqual({
      symbol: 'cluster',
      seq: head + 1,
      id: expect.any(String),
      kind: 'ownership',
      at: expect.any(Number),
      fill: null,
      orderId: null,
      positionAfter: FLAT,
      request: null,
      body: expect.any(String),
    });
    const { symbols, ...told } = JSON.parse(event?.body ?? '{}') as { symbols?: string[] };
    expect({ ...told, ...(symbols === undefined ? {} : { symbols: symbols.toSorted() }) }).toEqual(body);
    expect((await ledger.ownership.view()).version).toBe(head + 1);
  });

  it.each(NOTHING)('has no row after %s', async (_, act, answer) => {
    const head = await ledger.reader.head('cluster');
    expect(await act(ledger)).toEqual(answer);
    expect(await ledger.reader.head('cluster')).toBe(head);
    expect((await ledger.ownership.view()).version).toBe(head);
  });

  it('has no row for heartbeats and commits: they change nobody and nothing of who owns what', async () => {
    const head = await ledger.reader.head('cluster');
    await ledger.ownership.heartbeat(A, LEASE_MS, [{ symbol: 'ONE', epoch: 1 }]);
    await ledger.ownership.heartbeat(A2, LEASE_MS, []);
    expect(await ledger.reader.head('cluster')).toBe(head);
  });

  it('is numbered from 1 without a gap over everything that happens', async () => {
    for (const [, act] of CHANGES) await act(ledger);
    for (const [, act] of NOTHING) await act(ledger);
    const rows = await ledger.reader.journal('cluster', 0, 1_000);
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });
});

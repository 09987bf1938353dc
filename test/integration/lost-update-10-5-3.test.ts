/**
 * The loss this engine was written for: two owners read quantity 10, one wrote 15, the other 13, and 5 BTC vanished. Here
 * two owners race on the row; who lost it is fenced, its caller sends the same id to the owner there is, and 10 + 5 + 3
 * is 18 (I1, I3, I4).
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formatDecimal } from '../../domain/money.ts';
import { claimed, fund, id, LEASE_MS, owner, SymbolDraft } from '../support/ledger-groups.ts';
import { LEDGERS, type Ledger, type LedgerServer } from '../support/ledger-implementations.ts';

const SYMBOL = 'KRW-BTC';
const A = owner('pod-a');
const B = owner('pod-b');
const FIVE = { id: id('plus five'), quantity: '5', price: '100' };
const THREE = { id: id('plus three'), quantity: '3', price: '100' };

describe.each(LEDGERS)('two owners that both read quantity 10, on $name', (implementation) => {
  let server: LedgerServer;
  let ledger: Ledger;
  /** What the first owner believes: quantity 10, committed. */
  let first: SymbolDraft;

  beforeAll(async () => {
    server = await implementation.start();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    ledger = await server.fresh();
    await fund(ledger, '1800');
    [first] = (await claimed(ledger, [SYMBOL], A)) as [SymbolDraft];
    await ledger.commit.commit([first.buy({ quantity: '10', price: '100' }).group()]);
    await ledger.ownership.register(B, LEASE_MS);
  });

  /** The symbol as a new claim finds it: the only way to go on after a fence. */
  const rebuild = async (by: typeof A): Promise<SymbolDraft> => {
    const [row] = (await ledger.ownership.claim(by, [SYMBOL])).positions;
    if (row === undefined) throw new Error(`${by.pod} could not claim ${SYMBOL}`);
    return new SymbolDraft(row);
  };

  const commitOne = async (draft: SymbolDraft) => {
    const [outcome] = await ledger.commit.commit([draft.group()]);
    return outcome?.type;
  };

  it('end at 10 + 5 + 3 = 18: the one that lost its lease is fenced, and its caller is served by the other', async () => {
    await ledger.lapse(A);
    const second = await rebuild(B);
    expect([first, second].map(({ position }) => formatDecimal(position.quantity))).toEqual(['10', '10']);

    // A does not know yet that it owns nothing any more; both write what they computed from 10.
    const outcomes = await Promise.all([commitOne(first.buy(FIVE)), commitOne(second.buy(THREE))]);
    expect(outcomes).toEqual(['fenced', 'committed']);

    expect(await commitOne(second.buy(FIVE))).toBe('committed');
    await expectEighteen();
  });

  it('end at 10 + 5 + 3 = 18 also when both hold the same epoch: the version lets one of them through', async () => {
    const twin = first.fork();
    const outcomes = await Promise.all([commitOne(first.buy(FIVE)), commitOne(twin.buy(THREE))]);
    expect(outcomes.toSorted()).toEqual(['committed', 'fenced']);

    const lost = outcomes[0] === 'fenced' ? FIVE : THREE;
    const rebuilt = await rebuild(A);
    expect(await commitOne(rebuilt.buy(lost))).toBe('committed');
    await expectEighteen();
  });

  it('count a command once when its caller sends it to both', async () => {
    await ledger.lapse(A);
    const second = await rebuild(B);
    await commitOne(second.buy(FIVE));
    await commitOne(second.buy(THREE));
    const [again] = await ledger.commit.commit([second.fork().buy(FIVE).group()]);
    expect(again).toMatchObject({ type: 'duplicate', rows: [{ id: FIVE.id, seq: 2 }] });
    expect(await commitOne(first.buy(FIVE))).toBe('fenced');
    await expectEighteen();
  });

  async function expectEighteen(): Promise<void> {
    const { position, version } = await rebuildAfterAll();
    expect(formatDecimal(position.quantity)).toBe('18');
    expect(formatDecimal(position.cost)).toBe('1800');
    expect(version).toBe(3);
    const fills = await ledger.reader.journal(SYMBOL, 0, 10);
    expect(fills.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(fills.reduce((sum, { fill }) => sum + (fill?.quantity ?? 0n), 0n)).toBe(position.quantity);
  }

  /** What the next owner will read, whoever it is. */
  async function rebuildAfterAll(): Promise<SymbolDraft> {
    await ledger.ownership.leave(A);
    await ledger.ownership.leave(B);
    const next = owner('pod-c');
    await ledger.ownership.register(next, LEASE_MS);
    return rebuild(next);
  }
});

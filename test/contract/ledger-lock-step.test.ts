/**
 * Postgres and its memory twin in lock-step: the same random commands, the same answers to each, the same ledger at the
 * end, and on both the books balance to the last unit (I4). What a backtest or the simulator finds holds for production.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDecimal, ONE, type Units } from '../../domain/money.ts';
import { applyFill, cashDelta, type Fill, FLAT, type Position } from '../../domain/position.ts';
import type { CommitGroup, EntryVerdict, ReservationChange } from '../../protocol/ports/ledger.ts';
import { sameOnAll } from '../support/in-lock-step.ts';
import { AT, id, LEASE_MS, order, owner, SymbolDraft } from '../support/ledger-groups.ts';
import { type Ledger, type LedgerServer, memoryLedger, POSTGRES } from '../support/ledger-implementations.ts';

const SYMBOLS = ['ONE', 'TWO', 'THREE'] as const;
const DAY = '2024-03-01';
const A = owner('pod-a');

/** Small against each other, so that cash is often just enough or just short. */
const quantities = fc.bigInt({ min: 1n, max: 10n * ONE });
const prices = fc.bigInt({ min: 1n, max: 1_000n * ONE });
const amounts = fc.bigInt({ min: 1n, max: 3_000n * ONE });
const fees = fc.bigInt({ min: 0n, max: ONE });
const names = fc.constantFrom('r1', 'r2', 'r3');
const symbols = fc.constantFrom(...SYMBOLS);

const changes = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('buy' as const), quantity: quantities, price: prices, fee: fees }),
  },
  {
    weight: 3,
    // A share of what is held, in percent.
    arbitrary: fc.record({
      type: fc.constant('sell' as const),
      share: fc.integer({ min: 1, max: 100 }),
      price: prices,
      fee: fees,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('note' as const) }) },
);

const groups = fc.record({
  symbol: symbols,
  changes: fc.array(changes, { minLength: 1, maxLength: 3 }),
  fault: fc.option(fc.constantFrom('epoch', 'version', 'unknown', 'known-id'), { nil: undefined, freq: 5 }),
  proven: fc.boolean(),
  use: fc.option(names, { nil: undefined, freq: 2 }),
  settle: fc.option(fc.record({ name: names, remaining: fc.bigInt({ min: 0n, max: ONE }), final: fc.boolean() }), {
    nil: undefined,
    freq: 2,
  }),
  order: fc.option(fc.constantFrom('pending', 'open', 'filled', 'cancelled'), { nil: undefined, freq: 2 }),
  risk: fc.option(fc.array(fc.bigInt({ min: -2n, max: 2n }), { maxLength: 3 }), { nil: undefined, freq: 2 }),
});

const commands = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('commit' as const),
      groups: fc.uniqueArray(groups, { minLength: 1, maxLength: 3, selector: ({ symbol }) => symbol }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('deposit' as const),
      amount: fc.bigInt({ min: 1n, max: 10_000n * ONE }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('withdraw' as const), amount: amounts }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('risk' as const),
      change: fc.constantFrom({ pausedReason: 'p' }, { haltedReason: 'h' }, { pausedReason: null, haltedReason: null }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('reserve' as const), name: names, symbol: symbols, amount: amounts }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('release' as const), name: names }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('claim' as const), symbols: fc.subarray([...SYMBOLS]) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('remove' as const), symbol: symbols }) },
);

type Command = typeof commands extends fc.Arbitrary<infer T> ? T : never;
type GroupInput = typeof groups extends fc.Arbitrary<infer T> ? T : never;

/** Turns commands into calls; what it believes comes from the answers, as an actor's belief does. */
class Driver {
  readonly #ledgers: readonly Ledger[];
  readonly #drafts = new Map<string, SymbolDraft>();
  #accountEpoch = 0;
  #steps = 0;

  constructor(ledgers: readonly Ledger[]) {
    this.#ledgers = ledgers;
  }

  async start(): Promise<void> {
    await this.#both((ledger) => ledger.ownership.register(A, LEASE_MS));
    await this.#both((ledger) => ledger.ownership.addSymbols(SYMBOLS));
    const singleton = await this.#both((ledger) => ledger.ownership.claimSingleton(A, 'account'));
    this.#accountEpoch = singleton?.epoch ?? 0;
    await this.#claim(SYMBOLS);
  }

  async run(command: Command): Promise<void> {
    this.#steps += 1;
    switch (command.type) {
      case 'commit':
        return this.#commit(command.groups);
      case 'deposit':
        return this.#apply({ cashDelta: command.amount });
      case 'withdraw':
        return this.#apply({ cashDelta: -command.amount });
      case 'risk':
        return this.#apply(command.change);
      case 'reserve':
        return this.#reserve(command);
      case 'release':
        await this.#both((ledger) => ledger.account.release(command.name));
        return;
      case 'claim':
        return this.#claim(command.symbols);
      case 'remove':
        await this.#both((ledger) => ledger.ownership.removeSymbol(command.symbol));
        await this.#both((ledger) => ledger.ownership.addSymbols([command.symbol]));
        return;
    }
  }

  /** Everything a person could look up, the same on both. */
  async compare(): Promise<void> {
    await this.#both((ledger) => ledger.account.read(DAY));
    await this.#both((ledger) => ledger.ownership.view());
    await this.#both((ledger) => ledger.reader.heldReservations(SYMBOLS));
    await this.#both((ledger) => ledger.reader.journal('account', 0, 1_000));
    await this.#both((ledger) => ledger.reader.journal('cluster', 0, 1_000));
    for (const symbol of SYMBOLS) {
      await this.#both((ledger) => ledger.reader.journal(symbol, 0, 1_000));
      await this.#both((ledger) => ledger.reader.order(`order of ${symbol}`));
    }
    await this.#claim(SYMBOLS);
  }

  async #commit(inputs: readonly GroupInput[]): Promise<void> {
    const made = inputs.map((input) => this.#group(input));
    const outcomes = await this.#both((ledger) => ledger.commit.commit(made.map(({ group }) => group)));
    made.forEach(({ draft }, index) => {
      if (outcomes[index]?.type === 'committed') this.#drafts.set(draft.symbol, draft);
    });
  }

  #group(input: GroupInput): { group: CommitGroup; draft: SymbolDraft } {
    const draft = (this.#drafts.get(input.symbol) ?? new SymbolDraft({ symbol: input.symbol, epoch: 0 })).fork();
    for (const change of input.changes) {
      if (change.type === 'buy') {
        draft.buy({
          quantity: formatDecimal(change.quantity),
          price: formatDecimal(change.price),
          fee: formatDecimal(change.fee),
        });
      } else if (change.type === 'sell') {
        const quantity = (draft.position.quantity * BigInt(change.share)) / 100n;
        if (quantity > 0n)
          draft.sell({
            quantity: formatDecimal(quantity),
            price: formatDecimal(change.price),
            fee: formatDecimal(change.fee),
          });
      } else {
        draft.note();
      }
    }
    if (input.fault === 'known-id') draft.note(id('known'));
    const reservations: ReservationChange[] = [];
    if (input.use !== undefined) reservations.push({ id: input.use, action: 'use' });
    if (input.settle !== undefined) {
      const { name, remaining, final } = input.settle;
      reservations.push({ id: name, action: 'settle', remaining: final ? 0n : remaining, final });
    }
    const group = draft.group({ reservations });
    const closed = (input.risk ?? []).map((profit, index) => ({ profit, at: AT + this.#steps * 1_000 + index }));
    return {
      draft,
      group: {
        ...group,
        cashNeeded: input.proven || group.cashDelta >= 0n ? 0n : -group.cashDelta,
        orders:
          input.order === undefined
            ? []
            : [
                order({
                  clientOrderId: `order of ${input.symbol}`,
                  symbol: input.symbol,
                  status: input.order,
                  filledQuantity: BigInt(this.#steps),
                }),
              ],
        risk:
          input.risk === undefined
            ? null
            : { day: DAY, profit: closed.reduce<Units>((sum, { profit }) => sum + profit, 0n), entries: 1, closed },
        ...(input.fault === 'epoch' ? { epoch: group.epoch - 1 } : {}),
        ...(input.fault === 'version' ? { expectedVersion: group.expectedVersion + 1 } : {}),
        ...(input.fault === 'unknown' ? { symbol: 'NOT-THERE' } : {}),
      },
    };
  }

  async #apply(change: {
    cashDelta?: Units;
    pausedReason?: string | null;
    haltedReason?: string | null;
  }): Promise<void> {
    const command = { id: id(`command ${this.#steps}`), kind: 'cash', request: String(this.#steps), at: AT };
    await this.#both((ledger) =>
      ledger.account.apply(this.#accountEpoch, command, (state) =>
        (change.cashDelta ?? 0n) < 0n && state.cash - state.reserved + (change.cashDelta ?? 0n) < 0n
          ? { ok: false, code: 'INSUFFICIENT', message: formatDecimal(state.cash - state.reserved) }
          : { ok: true, ...change, body: {} },
      ),
    );
  }

  async #reserve(command: { name: string; symbol: string; amount: Units }): Promise<void> {
    const request = { id: command.name, symbol: command.symbol, at: AT };
    await this.#both((ledger) =>
      ledger.account.reserve(
        this.#accountEpoch,
        request,
        DAY,
        (state): EntryVerdict =>
          state.cash - state.reserved >= command.amount
            ? { granted: true, amount: command.amount, reserve: command.amount }
            : {
                granted: false,
                denied: { code: 'CASH', message: 'short', details: { cash: formatDecimal(state.cash) } },
              },
      ),
    );
  }

  async #claim(wanted: readonly string[]): Promise<void> {
    const { positions } = await this.#both((ledger) => ledger.ownership.claim(A, wanted));
    for (const row of positions) this.#drafts.set(row.symbol, new SymbolDraft(row));
  }

  #both<T>(ask: (ledger: Ledger) => Promise<T>): Promise<T> {
    return sameOnAll(this.#ledgers, ask);
  }
}

/** Cash equals what came in and went out, positions the fold over their fills. */
async function expectBalanced(ledger: Ledger): Promise<void> {
  const account = await ledger.account.read(DAY);
  let cash = account.deposits - account.withdrawals;
  for (const symbol of SYMBOLS) {
    const rows = await ledger.reader.journal(symbol, 0, 1_000);
    const fills = rows.flatMap(({ fill }): Fill[] => (fill === null ? [] : [fill]));
    const folded = fills.reduce<Position>(applyFill, FLAT);
    const held = account.positions.find((position) => position.symbol === symbol);
    expect({ quantity: held?.quantity ?? 0n, cost: held?.cost ?? 0n }).toEqual({
      quantity: folded.quantity,
      cost: folded.cost,
    });
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    if (rows.length > 0) expect(rows.at(-1)?.positionAfter).toEqual(folded);
    cash += fills.reduce<Units>((sum, fill) => sum + cashDelta(fill), 0n);
  }
  expect(account.cash).toBe(cash);
  expect(account.reserved).toBe(account.reservations.reduce<Units>((sum, { remaining }) => sum + remaining, 0n));
}

describe('postgres and memory in lock-step', () => {
  let server: LedgerServer;

  beforeAll(async () => {
    server = await POSTGRES.start();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('answer every command alike, and their books balance', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commands, { minLength: 5, maxLength: 40 }), async (sequence) => {
        const ledgers = [await server.fresh(), memoryLedger()];
        const driver = new Driver(ledgers);
        await driver.start();
        for (const command of sequence) await driver.run(command);
        await driver.compare();
        for (const ledger of ledgers) await expectBalanced(ledger);
      }),
      { numRuns: 40 },
    );
  });
});

/** Builds commit groups through the domain: fills are priced against the position they change. */
import { parseDecimal, type Units } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import { applyFill, cashDelta, FLAT, type Position, priceFill, type Side } from '../../domain/position.ts';
import { contentId } from '../../protocol/ids.ts';
import type { CommitGroup, JournalRow } from '../../protocol/ports/ledger.ts';
import type { ClaimedPosition, Owner } from '../../protocol/ports/ownership.ts';
import type { Ledger } from './ledger-implementations.ts';

export const AT = Date.parse('2024-03-01T12:34:56.789Z');
export const LEASE_MS = 60_000;

export function id(name: string | number): string {
  return contentId('test', name);
}

export function owner(pod: string, life = 1): Owner {
  return { pod, incarnation: contentId('incarnation', pod, life) };
}

export interface FillInput {
  readonly quantity: string;
  readonly price: string;
  readonly fee?: string;
  readonly id?: string;
  readonly orderId?: string;
  readonly at?: number;
}

let rowsMade = 0;

/** What a symbol's writer believes, and the next group it would send. */
export class SymbolDraft {
  readonly symbol: string;
  readonly epoch: number;
  version: number;
  position: Position;
  #rows: JournalRow[] = [];
  #cash: Units = 0n;

  constructor(claimed: Pick<ClaimedPosition, 'symbol' | 'epoch'> & Partial<ClaimedPosition>) {
    this.symbol = claimed.symbol;
    this.epoch = claimed.epoch;
    this.version = claimed.version ?? 0;
    this.position = claimed.position ?? FLAT;
  }

  buy(fill: FillInput): this {
    return this.#fill('buy', fill);
  }

  sell(fill: FillInput): this {
    return this.#fill('sell', fill);
  }

  /** Another writer with the same belief: what it sends changes nothing here. */
  fork(): SymbolDraft {
    return new SymbolDraft(this);
  }

  /** A change without a fill. */
  note(rowId?: string): this {
    this.#rows.push(this.#row({ id: rowId, kind: 'decision', body: '{"reason": "because","n":1.50}' }));
    return this;
  }

  /** The group of everything since the last one. */
  group(parts: Partial<CommitGroup> = {}): CommitGroup {
    const rows = this.#rows;
    const expectedVersion = this.version;
    this.version += rows.length;
    this.#rows = [];
    const cash = this.#cash;
    this.#cash = 0n;
    return {
      symbol: this.symbol,
      epoch: this.epoch,
      expectedVersion,
      rows,
      positionAfter: this.position,
      durableAfter: null,
      cashDelta: cash,
      cashNeeded: 0n,
      orders: [],
      reservations: [],
      risk: null,
      funnel: [],
      ...parts,
    };
  }

  #fill(side: Side, { quantity, price, fee = '0', id: rowId, orderId, at }: FillInput): this {
    const execution = { side, quantity: parseDecimal(quantity), price: parseDecimal(price), fee: parseDecimal(fee) };
    const fill = priceFill(this.position, execution);
    this.position = applyFill(this.position, fill);
    this.#cash += cashDelta(fill);
    this.#rows.push({
      ...this.#row({ id: rowId, kind: 'fill', body: null }),
      ...(at === undefined ? {} : { at }),
      fill,
      orderId: orderId ?? null,
      request: `${side}|${quantity}|${price}|"quoted", {braces}, \\ and 한글`,
    });
    return this;
  }

  #row(parts: { id: string | undefined; kind: string; body: string | null }): JournalRow {
    rowsMade += 1;
    return {
      id: parts.id ?? id(`row ${rowsMade}`),
      kind: parts.kind,
      at: AT,
      fill: null,
      orderId: null,
      positionAfter: this.position,
      request: null,
      body: parts.body,
    };
  }
}

/** Registers a Pod, adds the symbols and claims them. */
export async function claimed(ledger: Ledger, symbols: readonly string[], by = owner('pod-a')): Promise<SymbolDraft[]> {
  await ledger.ownership.register(by, LEASE_MS);
  await ledger.ownership.addSymbols(symbols);
  const { positions } = await ledger.ownership.claim(by, symbols);
  const found = new Map(positions.map((row) => [row.symbol, row]));
  return symbols.map((symbol) => {
    const row = found.get(symbol);
    if (row === undefined) throw new Error(`${symbol} was not claimed`);
    return new SymbolDraft(row);
  });
}

export async function claimOne(ledger: Ledger, symbol = 'KRW-BTC'): Promise<SymbolDraft> {
  const [draft] = await claimed(ledger, [symbol]);
  if (draft === undefined) throw new Error(`${symbol} was not claimed`);
  return draft;
}

/** Claims the account and puts money into it. Returns the account's epoch. */
export async function fund(ledger: Ledger, amount: string, by = owner('pod-a')): Promise<number> {
  await ledger.ownership.register(by, LEASE_MS);
  const singleton = await ledger.ownership.claimSingleton(by, 'account');
  if (singleton === undefined) throw new Error('the account was not claimed');
  const cashDelta = parseDecimal(amount);
  if (cashDelta === 0n) return singleton.epoch;
  const result = await ledger.account.apply(
    singleton.epoch,
    { id: id('fund'), kind: 'cash', request: `deposit|${cashDelta}`, at: AT },
    () => ({ ok: true, cashDelta, body: {} }),
  );
  if (result.type !== 'committed') throw new Error(`the deposit was ${result.type}`);
  return singleton.epoch;
}

export function order(parts: Partial<Order> = {}): Order {
  return {
    clientOrderId: 'order-1',
    symbol: 'KRW-BTC',
    side: 'buy',
    type: 'market',
    amount: parseDecimal('10000.5'),
    status: 'pending',
    filledQuantity: 0n,
    filledNotional: 0n,
    fees: 0n,
    sendBefore: AT + 2_000,
    intent: 'entry',
    reason: 'rules said so',
    ...parts,
  };
}

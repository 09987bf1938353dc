/**
 * The fold of one stream of the journal, row by row in the order of `seq` (I4): no number is missing, every fill is priced
 * as its position demands, nothing goes below zero at any row (I5), and what a row says the position was after it is true.
 * Pure; it keeps a position and a number, however long the stream is.
 */
import { formatDecimal, tryParseDecimal, type Units } from '../../domain/money.ts';
import { applyFill, cashDelta, type Fill, FLAT, type Position, priceFill, type Side } from '../../domain/position.ts';
import type { Difference } from './difference.ts';

/** A row of the journal as the ledger stores it: decimals as text. */
export interface AuditedRow {
  readonly symbol: string;
  readonly seq: number;
  readonly kind: string;
  readonly side: Side | null;
  readonly quantity: string | null;
  readonly price: string | null;
  readonly notional: string | null;
  readonly fee: string | null;
  readonly cost_removed: string | null;
  readonly realized: string | null;
  readonly quantity_after: string | null;
  readonly cost_after: string | null;
  readonly realized_after: string | null;
}

/** What the row of the stream's owner says: a position, or only how far the stream goes. */
export interface StreamEnd {
  readonly version: number;
  readonly position: Position | null;
}

type Compared = Readonly<Record<string, readonly [expected: Units, found: Units]>>;

export class StreamFold {
  readonly symbol: string;
  #seq = 0;
  #position = FLAT;
  #cash: Units = 0n;

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  /** Cash the stream's fills brought in so far, less what they took. */
  get cash(): Units {
    return this.#cash;
  }

  /** Takes the next row; what is wrong with it, if anything is. */
  take(row: AuditedRow): Difference | undefined {
    const expected = this.#seq + 1;
    if (row.seq !== expected) {
      return { what: 'seq', symbol: this.symbol, seq: row.seq, expected: String(expected), found: String(row.seq) };
    }
    this.#seq = row.seq;
    return (row.kind === 'fill' ? this.#fill(row) : undefined) ?? this.#after(row);
  }

  /** Compares the end of the stream with what its owner's row says. */
  end({ version, position }: StreamEnd): Difference | undefined {
    if (version !== this.#seq) {
      return { what: 'version', symbol: this.symbol, seq: null, expected: String(this.#seq), found: String(version) };
    }
    if (position === null) return undefined;
    const { quantity, cost, realizedPnl } = this.#position;
    return this.#first(null, {
      quantity: [quantity, position.quantity],
      cost: [cost, position.cost],
      'realized profit': [realizedPnl, position.realizedPnl],
    });
  }

  #fill(row: AuditedRow): Difference | undefined {
    const fill = fillOf(row);
    if (fill === undefined) return this.#at(row.seq, 'fill', 'a fill with exact, positive numbers', describe(row));
    const before = this.#position;
    if (fill.side === 'sell' && fill.quantity > before.quantity) {
      return this.#at(
        row.seq,
        'quantity sold',
        `at most ${formatDecimal(before.quantity)}`,
        formatDecimal(fill.quantity),
      );
    }
    const priced = priceFill(before, fill);
    const difference = this.#first(row.seq, {
      notional: [priced.notional, fill.notional],
      'cost removed': [priced.costRemoved, fill.costRemoved],
      'realized profit of the fill': [priced.realized, fill.realized],
    });
    if (difference !== undefined) return difference;
    this.#position = applyFill(before, fill);
    this.#cash += cashDelta(fill);
    return undefined;
  }

  /** Rows of streams without a position (the account's, the cluster's) say nothing about one. */
  #after({ seq, quantity_after, cost_after, realized_after }: AuditedRow): Difference | undefined {
    if (quantity_after === null && cost_after === null && realized_after === null) return undefined;
    const [quantity, cost, realized] = decimals(quantity_after, cost_after, realized_after) ?? [];
    if (quantity === undefined || cost === undefined || realized === undefined) {
      return this.#at(seq, 'position after', 'exact numbers', `${quantity_after}, ${cost_after}, ${realized_after}`);
    }
    return this.#first(seq, {
      'quantity after': [this.#position.quantity, quantity],
      'cost after': [this.#position.cost, cost],
      'realized profit after': [this.#position.realizedPnl, realized],
    });
  }

  #first(seq: number | null, values: Compared): Difference | undefined {
    for (const [what, [expected, found]] of Object.entries(values)) {
      if (expected !== found) return this.#at(seq, what, formatDecimal(expected), formatDecimal(found));
    }
    return undefined;
  }

  #at(seq: number | null, what: string, expected: string, found: string): Difference {
    return { what, symbol: this.symbol, seq, expected, found };
  }
}

/** Undefined for what can be no fill, whatever the position is. */
function fillOf(row: AuditedRow): Fill | undefined {
  const { side } = row;
  const found = decimals(row.quantity, row.price, row.fee, row.notional, row.cost_removed, row.realized);
  if (side === null || found === undefined) return undefined;
  const [quantity = 0n, price = 0n, fee = 0n, notional = 0n, costRemoved = 0n, realized = 0n] = found;
  if (quantity <= 0n || price <= 0n || fee < 0n) return undefined;
  return { side, quantity, price, fee, notional, costRemoved, realized };
}

/** Undefined when one of them is missing or no decimal of the ledger. */
function decimals(...texts: readonly (string | null)[]): readonly Units[] | undefined {
  const found = texts.map((text) => (text === null ? undefined : tryParseDecimal(text)));
  return found.every((units) => units !== undefined) ? found : undefined;
}

function describe({ side, quantity, price, fee }: AuditedRow): string {
  return `${side} ${quantity} at ${price}, fee ${fee}`;
}

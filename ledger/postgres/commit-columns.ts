/** A batch as the parameters of `cp_commit`: a column for each of its arrays, in the order of its signature. */
import { formatDecimal, maximum, type Units } from '../../domain/money.ts';
import type { CommitGroup, JournalRow } from '../../protocol/ports/ledger.ts';
import { BinaryArray, ELEMENT } from './binary-array.ts';
import { durableJson, extrasJson } from './rows.ts';

const GROUP_COLUMNS = {
  symbol: ELEMENT.text,
  epoch: ELEMENT.int8,
  version: ELEMENT.int8,
  rows: ELEMENT.int4,
  quantity: ELEMENT.numeric,
  cost: ELEMENT.numeric,
  realized: ELEMENT.numeric,
  cash: ELEMENT.numeric,
  need: ELEMENT.numeric,
  day: ELEMENT.date,
  profit: ELEMENT.numeric,
  entries: ELEMENT.int4,
  durable: ELEMENT.text,
  extras: ELEMENT.text,
} as const;

const ENTRY_COLUMNS = {
  group: ELEMENT.int4,
  symbol: ELEMENT.text,
  seq: ELEMENT.int8,
  id: ELEMENT.uuid,
  kind: ELEMENT.text,
  at: ELEMENT.timestamptz,
  side: ELEMENT.text,
  quantity: ELEMENT.numeric,
  price: ELEMENT.numeric,
  notional: ELEMENT.numeric,
  fee: ELEMENT.numeric,
  costRemoved: ELEMENT.numeric,
  realized: ELEMENT.numeric,
  order: ELEMENT.text,
  quantityAfter: ELEMENT.numeric,
  costAfter: ELEMENT.numeric,
  realizedAfter: ELEMENT.numeric,
  request: ELEMENT.text,
  body: ELEMENT.text,
} as const;

const SUMS = ['need', 'cash'];

/** The names of the parameters, in their order. */
export const COMMIT_PARAMETERS: readonly string[] = [
  ...SUMS,
  ...Object.keys(GROUP_COLUMNS),
  ...Object.keys(ENTRY_COLUMNS),
];

const OPTIONAL = ['day', 'durable', 'extras'].map((name) => COMMIT_PARAMETERS.indexOf(name));

type Columns<Elements> = { readonly [Name in keyof Elements]: BinaryArray };

function open<Elements extends Readonly<Record<string, number>>>(elements: Elements): Columns<Elements> {
  const columns = Object.entries(elements).map(([name, element]) => [name, new BinaryArray(element)] as const);
  return Object.fromEntries(columns) as Columns<Elements>;
}

/** Writes batches, one after the other, into the same memory: what `encode` returned holds until it is called again. */
export class CommitEncoder {
  readonly #groups = open(GROUP_COLUMNS);
  readonly #entries = open(ENTRY_COLUMNS);
  readonly #columns = [...Object.values(this.#groups), ...Object.values(this.#entries)];

  /** The values of the parameters. */
  encode(groups: readonly CommitGroup[]): (Buffer | string | null)[] {
    for (const column of this.#columns) column.clear();
    let need = 0n;
    let cash = 0n;
    for (let index = 0; index < groups.length; index += 1) {
      const group = groups[index] as CommitGroup;
      need += maximum(group.cashNeeded, -group.cashDelta);
      cash += group.cashDelta;
      addGroup(this.#groups, group);
      let seq = group.expectedVersion;
      for (const row of group.rows) {
        seq += 1;
        addEntry(this.#entries, index + 1, group.symbol, seq, row);
      }
    }
    const values: (Buffer | string | null)[] = [formatDecimal(need), formatDecimal(cash)];
    for (const column of this.#columns) values.push(column.finish());
    // What no group has is null altogether: the commit leaves out the steps for it.
    for (const index of OPTIONAL) if (this.#columns[index - SUMS.length]?.isNull) values[index] = null;
    return values;
  }
}

function addGroup(to: Columns<typeof GROUP_COLUMNS>, group: CommitGroup): void {
  const { positionAfter, risk, durableAfter } = group;
  to.symbol.text(group.symbol);
  to.epoch.int8(group.epoch);
  to.version.int8(group.expectedVersion);
  to.rows.int4(group.rows.length);
  to.quantity.numeric(positionAfter.quantity);
  to.cost.numeric(positionAfter.cost);
  to.realized.numeric(positionAfter.realizedPnl);
  to.cash.numeric(group.cashDelta);
  to.need.numeric(group.cashNeeded);
  if (risk === null) {
    to.day.null();
    to.profit.null();
    to.entries.null();
  } else {
    to.day.date(risk.day);
    to.profit.numeric(risk.profit);
    to.entries.int4(risk.entries);
  }
  textOrNull(to.durable, durableAfter === null ? null : durableJson(durableAfter));
  textOrNull(to.extras, extrasJson(group));
}

function addEntry(
  to: Columns<typeof ENTRY_COLUMNS>,
  group: number,
  symbol: string,
  seq: number,
  row: JournalRow,
): void {
  const { fill, positionAfter } = row;
  to.group.int4(group);
  to.symbol.text(symbol);
  to.seq.int8(seq);
  to.id.uuid(row.id);
  to.kind.text(row.kind);
  to.at.timestamp(row.at);
  textOrNull(to.side, fill?.side ?? null);
  numericOrNull(to.quantity, fill?.quantity);
  numericOrNull(to.price, fill?.price);
  numericOrNull(to.notional, fill?.notional);
  numericOrNull(to.fee, fill?.fee);
  numericOrNull(to.costRemoved, fill?.costRemoved);
  numericOrNull(to.realized, fill?.realized);
  textOrNull(to.order, row.orderId);
  to.quantityAfter.numeric(positionAfter.quantity);
  to.costAfter.numeric(positionAfter.cost);
  to.realizedAfter.numeric(positionAfter.realizedPnl);
  textOrNull(to.request, row.request);
  textOrNull(to.body, row.body);
}

function textOrNull(column: BinaryArray, value: string | null): void {
  if (value === null) column.null();
  else column.text(value);
}

function numericOrNull(column: BinaryArray, units: Units | undefined): void {
  if (units === undefined) column.null();
  else column.numeric(units);
}

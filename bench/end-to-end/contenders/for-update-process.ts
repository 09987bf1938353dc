/** The service a team writes first: a subscription, JSON, `ForUpdateBook`, a reply. */
import { connect, type Msg, type NatsConnection } from 'nats';
import { parseDecimal } from '../../../domain/money.ts';
import type { BenchFill } from '../../ledger/load.ts';
import type { LoadFill } from '../load/sender.ts';
import { ForUpdateBook, replyOf } from './for-update-book.ts';

export interface ForUpdatePlan {
  readonly url: string;
  readonly prefix: string;
  readonly databaseUrl: string;
  /** What becomes of a request with several fills: a transaction for each, one after the other, or one for all. */
  readonly batches: 'each' | 'whole';
}

export type ToForUpdate = { readonly type: 'open'; readonly plan: ForUpdatePlan } | { readonly type: 'close' };
export type FromForUpdate = { readonly type: 'ready' } | { readonly type: 'failed'; readonly message: string };

type Request = LoadFill | { readonly fills: readonly LoadFill[] };

let connection: NatsConnection;
let book: ForUpdateBook;
let batches: ForUpdatePlan['batches'];

process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToForUpdate) => {
  obey(message).catch((error: unknown) => tell({ type: 'failed', message: String(error) }));
});

async function obey(message: ToForUpdate): Promise<void> {
  if (message.type === 'close') {
    await connection.close();
    await book.close();
    process.exit(0);
  }
  const { url, prefix, databaseUrl } = message.plan;
  batches = message.plan.batches;
  book = new ForUpdateBook(databaseUrl);
  connection = await connect({ servers: url });
  connection.subscribe(`${prefix}.symbol.*.fill`, { callback: (_, request) => void answer(request) });
  await connection.flush();
  tell({ type: 'ready' });
}

async function answer(message: Msg): Promise<void> {
  const symbol = message.subject.split('.').at(-2) as string;
  const request = message.json<Request>();
  message.respond(
    JSON.stringify('fills' in request ? await recordAll(symbol, request.fills) : await record(symbol, request)),
  );
}

async function record(symbol: string, fill: LoadFill): Promise<object> {
  try {
    return replyOf(symbol, await book.record(parse(symbol, fill)));
  } catch (error) {
    return refusal(error);
  }
}

async function recordAll(symbol: string, fills: readonly LoadFill[]): Promise<object> {
  if (batches === 'each') {
    const results: object[] = [];
    for (const fill of fills) results.push(await record(symbol, fill));
    return { ok: true, results };
  }
  try {
    const recorded = await book.recordAll(
      symbol,
      fills.map((fill) => parse(symbol, fill)),
    );
    return { ok: true, results: recorded.map((one) => replyOf(symbol, one)) };
  } catch (error) {
    return { ok: true, results: fills.map(() => refusal(error)) };
  }
}

function parse(symbol: string, { id, side, quantity, price, fee }: LoadFill): BenchFill {
  return {
    id,
    symbol,
    side,
    quantity: parseDecimal(quantity),
    price: parseDecimal(price),
    fee: parseDecimal(fee),
    at: Date.now(),
  };
}

function refusal(error: unknown): object {
  return { ok: false, code: 'FAILED', message: String(error) };
}

function tell(message: FromForUpdate): void {
  process.send?.(message);
}

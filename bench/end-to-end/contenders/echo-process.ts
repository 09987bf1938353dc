/**
 * The ceiling: a responder on the engine's bus adapter that decodes a request as the engine does, and answers at once with
 * a reply of the same shape and size. It decides nothing and stores nothing.
 */
import { decodeSymbolCommand } from '../../../actors/symbol/decode.ts';
import type { FillItem } from '../../../actors/symbol/messages.ts';
import { NatsBus } from '../../../adapters/nats/bus.ts';
import type { Reply } from '../../../protocol/errors.ts';
import type { BusMessage } from '../../../protocol/ports/bus.ts';
import type { Log } from '../../../protocol/ports/log.ts';
import { Subjects } from '../../../protocol/subjects.ts';

export interface EchoPlan {
  readonly url: string;
  readonly prefix: string;
}

export type ToEcho = { readonly type: 'open'; readonly plan: EchoPlan } | { readonly type: 'close' };
export type FromEcho = { readonly type: 'ready' } | { readonly type: 'failed'; readonly message: string };

const log: Log = { debug() {}, info() {}, warn: print, error: print };

let bus: NatsBus;
let version = 0;

process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToEcho) => {
  obey(message).catch((error: unknown) => tell({ type: 'failed', message: String(error) }));
});

async function obey(message: ToEcho): Promise<void> {
  if (message.type === 'close') {
    await bus.close();
    process.exit(0);
    return;
  }
  const { url, prefix } = message.plan;
  bus = await NatsBus.connect({ url, name: 'echo', log });
  bus.subscribe(new Subjects(prefix).symbol('*', 'fill'), answer);
  await bus.flush();
  tell({ type: 'ready' });
}

function answer(message: BusMessage): void {
  const decoded = decodeSymbolCommand('fill', message.data, Date.now());
  if ('ok' in decoded || decoded.type !== 'fill') throw new Error('the load is fills that can be decoded');
  const symbol = message.subject.split('.').at(-2) as string;
  const results = decoded.items.map((item) => reply(symbol, item));
  message.respond(JSON.stringify(decoded.batch ? { ok: true, results } : results[0]));
}

/** As long as the engine's own; the numbers mean nothing. */
function reply(symbol: string, item: FillItem): Reply {
  if ('ok' in item) throw new Error('every fill of the load can be decoded');
  version += 1;
  return {
    ok: true,
    version,
    position: {
      symbol,
      quantity: '1002718.1829',
      cost: '14659045.23536028',
      averagePrice: '14.61930713',
      realizedPnl: '31415926.53589793',
      version,
      regime: null,
      highWaterMark: null,
      openedAt: '2026-01-31T09:00:00.000Z',
    },
  };
}

function tell(message: FromEcho): void {
  process.send?.(message);
}

function print(fields: Readonly<Record<string, unknown>>, message: string): void {
  console.warn(`echo: ${message} ${JSON.stringify(fields)}`);
}

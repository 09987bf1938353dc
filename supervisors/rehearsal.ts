/**
 * Lives for nothing: an actor is started, records a fill and ends, some times over, touching no ledger and no bus. A process
 * runs slowly what it runs for the first time; the first symbols handed to a new Pod would be without an owner for that
 * much longer.
 */
import { SymbolActor } from '../actors/symbol/actor.ts';
import { decodeSymbolCommand } from '../actors/symbol/decode.ts';
import type { SymbolSettings } from '../actors/symbol/turn.ts';
import { FLAT } from '../domain/position.ts';
import type { Clock } from '../protocol/ports/clock.ts';
import type { CommitSource, LedgerReader } from '../protocol/ports/ledger.ts';
import type { Log } from '../protocol/ports/log.ts';
import type { Venue } from '../protocol/ports/venue.ts';

const LIVES = 20;
const FILL = new TextEncoder().encode(
  '{"id":"00000000-0000-4000-8000-000000000000","side":"buy","quantity":"1","price":"1"}',
);

export async function rehearse(settings: SymbolSettings, clock: Clock, log: Log): Promise<void> {
  const nothing = (): undefined => undefined;
  const venue: Pick<Venue, 'watch' | 'observePrice'> = { watch: () => nothing, observePrice: nothing };
  for (let life = 0; life < LIVES; life += 1) {
    const actor = await SymbolActor.start(
      settings,
      { symbol: settings.symbol, epoch: 0, version: 0, position: FLAT, durable: null },
      { working: undefined, reservations: [], hasCandles: false },
      {
        queue: { dirty: commitAtOnce },
        load: { rows: 0 },
        account: { reserve: () => Promise.reject(new Error('a rehearsal enters nothing')), release: async () => {} },
        venue: venue as Venue,
        reader: {} as LedgerReader,
        clock,
        log,
        pod: '',
        mayAct: () => false,
        publish: nothing,
        count: nothing,
        onClosed: nothing,
        onIllegalEvent: nothing,
      },
      { onCrash: nothing, onOver: nothing, onProgress: nothing },
    );
    const message = decodeSymbolCommand('fill', FILL, clock.now());
    if (!('ok' in message)) actor.accept({ message, receivedAt: clock.now(), attempts: 0, reply: nothing });
    await actor.settled();
    actor.stop(undefined);
  }
}

function commitAtOnce(source: CommitSource): void {
  queueMicrotask(() => {
    for (let group = source.take(1); group !== undefined; group = source.take(1)) source.settle({ type: 'committed' });
  });
}

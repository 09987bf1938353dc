/** What an actor needs beside its claim to go on where the last life ended; read after the claim, for many at once. */
import type { Order } from '../../domain/order.ts';
import type { LedgerReader, Reservation } from '../../protocol/ports/ledger.ts';
import type { ClaimedPosition } from '../../protocol/ports/ownership.ts';

export interface Recovery {
  /** The order that is not over, if there is one. */
  readonly working: Order | undefined;
  readonly reservations: readonly Reservation[];
  /** Whether candles are stored to warm up from. */
  readonly hasCandles: boolean;
}

/** What a life of an actor starts from. */
export interface ClaimedLife {
  readonly claimed: ClaimedPosition;
  readonly recovery: Recovery;
}

export async function readRecovery(
  reader: LedgerReader,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, Recovery>> {
  const [orders, reservations, lastCandles] = await Promise.all([
    reader.openOrders(symbols),
    reader.heldReservations(symbols),
    reader.lastCandles(symbols),
  ]);
  const working = new Map(orders.map((order) => [order.symbol, order]));
  const held = new Map<string, Reservation[]>();
  for (const reservation of reservations) {
    const known = held.get(reservation.symbol);
    if (known === undefined) held.set(reservation.symbol, [reservation]);
    else known.push(reservation);
  }
  return new Map(
    symbols.map((symbol) => [
      symbol,
      {
        working: working.get(symbol),
        reservations: held.get(symbol) ?? [],
        hasCandles: lastCandles.has(symbol),
      },
    ]),
  );
}

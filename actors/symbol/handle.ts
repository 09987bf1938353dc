/** One message, one turn: the table of who handles what. */

import { closeTime } from '../../domain/candle.ts';
import type { Reading } from '../../domain/market-view.ts';
import * as commands from './commands.ts';
import { considerEntry, onVerdict } from './decide-entry.ts';
import { considerExit, onPrice } from './decide-exit.ts';
import type { SymbolMessage } from './messages.ts';
import { quietClose } from './quiet.ts';
import { recordFills } from './record-fills.ts';
import type { Turn } from './turn.ts';
import { onQueried, onSubmitted, onUpdate } from './work-orders.ts';

export interface Surroundings {
  readonly owner: { readonly pod: string; readonly epoch: number };
  /** The last closed candle's reading. */
  readonly reading: Reading | undefined;
}

export function handle(turn: Turn, message: SymbolMessage, surroundings: Surroundings): void {
  switch (message.type) {
    case 'fill':
      recordFills(turn, message.items, message.batch);
      return;
    case 'order':
      commands.order(turn, message.request);
      return;
    case 'cancel':
      commands.cancel(turn, message.request);
      return;
    case 'flatten':
      commands.flatten(turn, message.request);
      return;
    case 'pause':
    case 'resume':
    case 'halt':
      commands.control(turn, message.type, message.request);
      return;
    case 'resolve':
      commands.resolve(turn, message.request);
      return;
    case 'get':
      commands.get(turn, surroundings.owner, message.commandId);
      return;
    case 'explain':
      commands.explain(turn, surroundings.reading);
      return;
    case 'price':
      onPrice(turn, message);
      return;
    case 'candle':
      onCandle(turn, message.reading);
      return;
    case 'verdict':
      onVerdict(turn, message.entryId, message.verdict);
      return;
    case 'submitted':
      onSubmitted(turn, message.clientOrderId, message.outcome);
      return;
    case 'update':
      onUpdate(turn, message.update);
      return;
    case 'queried':
      onQueried(turn, message.clientOrderId, message.state);
      return;
    case 'recovered': {
      const side = turn.state.working?.order.side;
      turn.modes.send({
        type: 'RECOVERED',
        holds: turn.state.position.quantity > 0n,
        order: side === undefined ? null : side === 'buy' ? 'entry' : 'exit',
        warm: message.warm,
      });
    }
  }
}

function onCandle(turn: Turn, reading: Reading): void {
  const { state } = turn;
  const quiet = quietClose(reading, state, turn.settings.preset, turn.modes);
  if (quiet !== undefined) {
    turn.state = quiet.state;
    if (quiet.funnelKey !== undefined) turn.addEffect({ type: 'count', funnelKey: quiet.funnelKey });
    return;
  }
  turn.state = { ...state, regime: reading.regime };
  if (state.position.quantity === 0n && state.working === null && state.pending === null) {
    considerEntry(turn, reading, closeTime(reading.candle));
  } else {
    considerExit(turn, reading, closeTime(reading.candle));
  }
}

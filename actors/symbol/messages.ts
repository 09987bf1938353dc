/** Everything a symbol's actor can be told. Commands come from outside and carry a reply; the rest is the engine's own. */
import type { Reading } from '../../domain/market-view.ts';
import type { Regime } from '../../domain/regime.ts';
import type { ErrorReply, Reply } from '../../protocol/errors.ts';
import type {
  CancelRequest,
  ControlRequest,
  FillRequest,
  OrderRequest,
  ResolveRequest,
} from '../../protocol/messages.ts';
import type { EntryVerdict } from '../../protocol/ports/ledger.ts';
import type { SubmitOutcome, VenueOrderState, VenueUpdate } from '../../protocol/ports/venue.ts';

/** A fill of a request, or the reason why it was refused at the edge. */
export type FillItem = FillRequest | ErrorReply;

export type SymbolCommandMessage =
  | { readonly type: 'fill'; readonly items: readonly FillItem[]; readonly batch: boolean }
  | { readonly type: 'order'; readonly request: OrderRequest }
  | { readonly type: 'cancel'; readonly request: CancelRequest }
  | { readonly type: 'flatten' | 'pause' | 'resume' | 'halt'; readonly request: ControlRequest }
  | { readonly type: 'resolve'; readonly request: ResolveRequest }
  /** With `commandId` the reply also tells what became of that command. */
  | { readonly type: 'get'; readonly commandId?: string }
  | { readonly type: 'explain' };

export type SymbolMessage =
  | SymbolCommandMessage
  /** The price moved continuously from `from` to `to`; a single tick has both the same. */
  | { readonly type: 'price'; readonly from: number; readonly to: number; readonly at: number; readonly regime: Regime }
  | { readonly type: 'candle'; readonly reading: Reading; readonly at: number }
  | { readonly type: 'verdict'; readonly entryId: string; readonly verdict: EntryVerdict | { readonly lost: string } }
  | { readonly type: 'submitted'; readonly clientOrderId: string; readonly outcome: SubmitOutcome }
  | { readonly type: 'update'; readonly update: VenueUpdate }
  | { readonly type: 'queried'; readonly clientOrderId: string; readonly state: VenueOrderState }
  | { readonly type: 'recovered'; readonly warm: boolean };

/** A message with where it came from, as it waits in the mailbox. */
export interface Envelope {
  readonly message: SymbolMessage;
  /** Wall time of arrival. */
  readonly receivedAt: number;
  /** How often it has crashed its actor. */
  attempts: number;
  /** Present for commands. Called once. */
  readonly reply?: (reply: Reply) => void;
  /** Present for the engine's own messages: called when the message and what it changed are committed or gone. */
  readonly done?: () => void;
}

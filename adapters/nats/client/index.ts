/** What others import as `coinpilot/client`. */

export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorReply,
  type Refusal,
  type Reply,
  RetryableError,
  TerminalError,
} from '../../../protocol/errors.ts';
export type { Clock, Random } from '../../../protocol/ports/clock.ts';
export { uuid7 } from '../../uuid7.ts';
export { AccountClient } from './account-client.ts';
export { type ClientOptions, type ClientSettings, CoinPilotClient } from './client.ts';
export { ClusterClient, PodClient } from './cluster-client.ts';
export type { Address } from './commands.ts';
export type * from './replies.ts';
export type { SendOptions } from './requester.ts';
export type {
  CancelRequest,
  CashRequest,
  ControlRequest,
  Decimal,
  DrainRequest,
  Fill,
  FillItem,
  LimitsRequest,
  OrderRequest,
  ResolveRequest,
  Side,
  SymbolsRequest,
  Time,
} from './requests.ts';
export { type AskOptions, SymbolClient } from './symbol-client.ts';
export type { Wire, WireListener } from './wire.ts';

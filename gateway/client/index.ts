/** The typed client of the live feed for browsers; `coinpilot/feed` in Node is node.ts. */
export type { CandleJson, Channel, FeedErrorCode, FeedEvent, FeedMessage, Stop } from '../../protocol/feed.ts';
export type * from './channels.ts';
export { symbolChannel } from './channels.ts';
export type { ConnectionState, LossCause } from './connection-state.ts';
export { FeedClient, type FeedClientOptions, type FeedStats } from './feed-client.ts';
export type { FeedHandlers, MessageOf, Subscription } from './handlers.ts';
export type { Closing, FeedSocket, OpenSocket, SocketAddress, SocketListener } from './socket.ts';
export { stopsAfter } from './stops.ts';
export { afterEvent, type SymbolState, symbolState, withLive } from './symbol-state.ts';

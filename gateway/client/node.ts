/** What others import as `coinpilot/feed`: the client with a WebSocket that works in any Node. */
import { FeedClient as AnyFeedClient, type FeedClientOptions } from './feed-client.ts';
import { openNodeSocket } from './node-socket.ts';

export * from './index.ts';
export { openNodeSocket };

export class FeedClient extends AnyFeedClient {
  constructor(options: FeedClientOptions) {
    super({ ...options, webSocket: options.webSocket ?? openNodeSocket });
  }
}

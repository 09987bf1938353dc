/** The store's feed: the typed client of this page's own server, its words for the connection put into the store's. */
import { FeedClient } from '../../client/feed-client.ts';
import type { FeedSource, OpenFeed } from './feed-source.ts';

export const openFeed: OpenFeed = ({ token, onStatus }) => {
  const client = new FeedClient({
    url: window.location.origin,
    token: token ?? undefined,
    onConnection: (state) => {
      onStatus({
        connection: state.state,
        lostAt: state.state === 'lost' ? state.since : null,
        unauthorized: state.state === 'lost' && state.cause === 'unauthorized',
      });
    },
  });
  // A machine that slept, or a network that came back, need not wait for the next attempt.
  const reconnect = (): void => client.reconnect();
  window.addEventListener('online', reconnect);
  const source = client as FeedSource;
  return {
    subscribe: (channel, handlers) => source.subscribe(channel, handlers),
    close: () => {
      window.removeEventListener('online', reconnect);
      client.close();
    },
  };
};

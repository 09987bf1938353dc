/** Where the feed is, from what a person writes down. */
import { FEED_PATH } from '../../protocol/feed.ts';

const SOCKET_PROTOCOL: Readonly<Record<string, string>> = {
  'http:': 'ws:',
  'https:': 'wss:',
  'ws:': 'ws:',
  'wss:': 'wss:',
};

/**
 * `http://127.0.0.1:8080` → `ws://127.0.0.1:8080/feed`; a path other than `/` is taken as it is. Throws TypeError for what is
 * no such address, or holds a password: a token is an option of its own, because addresses end up in logs.
 */
export function feedUrl(text: string): string {
  const url = new URL(text);
  const protocol = SOCKET_PROTOCOL[url.protocol];
  if (protocol === undefined) throw new TypeError(`${url.protocol} is not http, https, ws or wss`);
  if (url.username !== '' || url.password !== '') throw new TypeError('the address of the feed holds no password');
  const path = url.pathname === '/' ? FEED_PATH : url.pathname;
  return `${protocol}//${url.host}${path}${url.search}`;
}

/** A page beside the feed that needs the same token: `ws://host/feed` → `http://host/api/status`. */
export function statusUrl(socketUrl: string): string {
  const url = new URL('api/status', socketUrl);
  return `${url.protocol === 'wss:' ? 'https:' : 'http:'}//${url.host}${url.pathname}`;
}

/** The browser's own WebSocket. It can't set headers, and does not tell why an upgrade was refused. */
import { FEED_PROTOCOL, TOKEN_PROTOCOL } from '../../protocol/feed.ts';
import { statusUrl } from './address.ts';
import type { FeedSocket, SocketAddress, SocketListener } from './socket.ts';

const ASK_WITHIN_MS = 5_000;

export function openBrowserSocket(address: SocketAddress, listener: SocketListener): FeedSocket {
  const { url, token } = address;
  const socket = new WebSocket(url, token === undefined ? [] : [FEED_PROTOCOL, TOKEN_PROTOCOL + base64url(token)]);
  let opened = false;
  let over = false;
  const asking = new AbortController();
  socket.onopen = () => {
    opened = true;
  };
  socket.onmessage = ({ data }) => {
    if (!over && typeof data === 'string') listener.message(data);
  };
  // Says nothing that a page may know; always followed by the close.
  socket.onerror = () => {};
  socket.onclose = async ({ code, reason }) => {
    const status = opened || over ? undefined : await refusalStatus(address, asking.signal);
    if (over) return;
    over = true;
    listener.closed({ code, reason, status });
  };
  return {
    send: (text) => {
      // Throws before it is open; drops by itself once it is closing.
      if (!over) socket.send(text);
    },
    close: () => {
      over = true;
      asking.abort();
      socket.close();
    },
  };
}

/**
 * The HTTP status by which the same gateway refuses the same token on a page, because a WebSocket that was refused looks
 * like one whose gateway is away. Undefined when the page answers otherwise, or not at all.
 */
async function refusalStatus({ url, token }: SocketAddress, signal: AbortSignal): Promise<number | undefined> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const { ok, status } = await fetch(statusUrl(url), {
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_WITHIN_MS)]),
    });
    return ok ? undefined : status;
  } catch {
    // Away, or not for this page's origin: not known, and not an error of its own. The close says what is known.
    return undefined;
  }
}

function base64url(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The browser's and Node's WebSocket against a real server: text both ways, the token, refusals, and ends. */
import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket as ServerSocket, WebSocket, WebSocketServer } from 'ws';
import { openBrowserSocket } from '../../../gateway/client/browser-socket.ts';
import { type ConnectionState, FeedClient, type FeedEvent, type OpenSocket } from '../../../gateway/client/index.ts';
import { openNodeSocket } from '../../../gateway/client/node-socket.ts';
import { event, live, snapshot } from './scripted-gateway.ts';

/** Its base64 has both characters that base64url writes otherwise. */
const TOKEN = 'secret>>>???~~~';
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const IMPLEMENTATIONS: readonly (readonly [string, OpenSocket])[] = [
  ['the browser', openBrowserSocket],
  ['Node', openNodeSocket],
];

let server: Server;
let url: string;
let peers: ServerSocket[];
let feed: FeedClient | undefined;

/** A gateway of a few lines: admits who has the token, says hello, and answers subscriptions with two rows. */
beforeEach(async () => {
  peers = [];
  const admits = (request: IncomingMessage): boolean => {
    const offered = request.headers['sec-websocket-protocol']?.split(/, */) ?? [];
    const named = offered.find((name) => name.startsWith('coinpilot.token.'))?.slice('coinpilot.token.'.length);
    const given = named === undefined ? undefined : Buffer.from(named, 'base64url').toString();
    return given === TOKEN || request.headers.authorization === `Bearer ${TOKEN}`;
  };
  server = createServer((request, response) => {
    response.writeHead(admits(request) ? 200 : 401).end('{}');
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (!admits(request)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (peer) => {
      peers.push(peer);
      peer.send('{"type":"hello","heartbeatMs":10000}');
      peer.on('message', (data) => {
        const { since } = JSON.parse(String(data));
        const from: number = since?.['symbol:KRW-BTC'] ?? 1;
        const answer = since === undefined ? [snapshot(from)] : [];
        for (const message of [...answer, event(from + 1), event(from + 2), live(from + 2)]) {
          peer.send(JSON.stringify(message));
        }
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  feed?.close();
  vi.unstubAllGlobals();
  for (const peer of peers) peer.terminate();
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
});

/** Node 20 has no WebSocket of its own; that of `ws` behaves like a browser's. */
const stubBrowser = () => vi.stubGlobal('WebSocket', WebSocket);
const noPause = { next: () => 0 };

describe.each(IMPLEMENTATIONS)('the WebSocket of %s', (_, webSocket) => {
  it('carries a feed, and a second connection carries it on', async () => {
    stubBrowser();
    const seqs: number[] = [];
    await new Promise<void>((resolve) => {
      feed = new FeedClient({ url, token: TOKEN, webSocket, random: noPause });
      feed.subscribe('symbol:KRW-BTC', {
        event: ({ seq }: FeedEvent) => {
          seqs.push(seq);
          if (seq === 3) peers[0]?.close(1001, 'the gateway ends');
          if (seq === 5) resolve();
        },
      });
    });
    expect(seqs).toEqual([2, 3, 4, 5]);
    expect(peers).toHaveLength(2);
  });

  it.each([[undefined], ['wrong']])('tells a refusal of token %s from a gateway that is away', async (token) => {
    stubBrowser();
    expect(await firstLoss({ webSocket, token })).toMatchObject({ cause: 'unauthorized', detail: /401/ });
    const { port } = server.address() as AddressInfo;
    server.close();
    server.closeAllConnections();
    url = `http://127.0.0.1:${port}`;
    expect(await firstLoss({ webSocket, token })).toMatchObject({ cause: 'network' });
  });

  it('tells the code and the reason of the end', async () => {
    stubBrowser();
    const ended = firstLoss({ webSocket, token: TOKEN }, () => peers[0]?.close(1008, 'too many messages'));
    expect(await ended).toMatchObject({ cause: 'refused', detail: 'closed with 1008: too many messages' });
  });

  it('that is closed while it opens says nothing and fails nowhere', async () => {
    stubBrowser();
    const closed = vi.fn();
    const socket = webSocket({ url: `${url.replace('http', 'ws')}/feed`, token: TOKEN }, { message: closed, closed });
    socket.close();
    expect((await fetch(url)).status).toBe(401);
    expect(closed).not.toHaveBeenCalled();
  });
});

describe('coinpilot/feed in Node', () => {
  it('brings a WebSocket of its own', async () => {
    const program = `
      import { FeedClient, symbolChannel } from './feed.mjs';
      const feed = new FeedClient({ url: process.env.FEED_URL, token: process.env.FEED_TOKEN });
      feed.subscribe(symbolChannel('KRW-BTC'), { live: ({ seq }) => { console.log(seq); feed.close(); } });
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: ROOT,
      env: { ...process.env, FEED_URL: url, FEED_TOKEN: TOKEN },
    });
    expect(stdout).toBe('3\n');
  });
});

function firstLoss(
  options: { readonly webSocket: OpenSocket; readonly token: string | undefined },
  onLive: () => void = () => {},
): Promise<ConnectionState> {
  return new Promise((resolve) => {
    feed?.close();
    feed = new FeedClient({
      url,
      ...options,
      onConnection: (state) => {
        if (state.state === 'live') onLive();
        else resolve(state);
      },
    });
  });
}

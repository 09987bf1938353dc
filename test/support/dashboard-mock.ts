/**
 * A gateway that plays a scripted engine to the built dashboard, for looking at pages without an engine:
 * `node --import tsx test/support/dashboard-mock.ts [port] [trading|empty|trouble|token]`. Loopback only; prices move by a
 * seeded walk. It says what docs/FEED.md says, with the security headers of the gateway.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type WebSocket, WebSocketServer } from 'ws';
import { MockEngine, type Scenario } from './dashboard-mock-engine.ts';
import { mulberry32 } from './seeded.ts';

const DIST = fileURLToPath(new URL('../../gateway/dashboard/dist/', import.meta.url));
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
export const MOCK_TOKEN = 'let-me-in';

export interface DashboardMock {
  readonly url: string;
  readonly engine: MockEngine;
  close(): Promise<void>;
}

export async function startDashboardMock(options: { port: number; scenario: Scenario }): Promise<DashboardMock> {
  const engine = new MockEngine(options.scenario, mulberry32(7), () => Date.now());
  const server = createServer((request, response) => {
    answer(engine, options.scenario, request, response).catch(() => response.writeHead(404).end());
  });
  const sockets = new WebSocketServer({
    server,
    path: '/feed',
    verifyClient: ({ req }: { req: IncomingMessage }) => isAllowed(options.scenario, req),
    handleProtocols: (protocols) => (protocols.has('coinpilot.feed') ? 'coinpilot.feed' : false),
  });
  sockets.on('connection', (socket) => follow(engine, socket));
  const beat = setInterval(() => {
    for (const socket of sockets.clients) send(socket, { type: 'heartbeat', at: new Date().toISOString() });
  }, 5_000);
  const step = setInterval(() => engine.step(), 250);
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    engine,
    close: () => {
      clearInterval(beat);
      clearInterval(step);
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(
  engine: MockEngine,
  scenario: Scenario,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname.startsWith('/api/')) {
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (!isAllowed(scenario, request)) json(401, { error: { code: 'UNAUTHORIZED', message: 'a token is needed' } });
    else if (request.method === 'POST') json(200, engine.control(JSON.parse(await bodyOf(request))));
    else json(200, engine.read(url.pathname, url.searchParams));
    return;
  }
  const file = url.pathname === '/' ? 'index.html' : url.pathname.slice(1);
  const body = await readFile(path.join(DIST, path.normalize(file)));
  response
    .writeHead(200, {
      'content-type': CONTENT_TYPES[path.extname(file)] ?? 'application/octet-stream',
      'content-security-policy': CONTENT_SECURITY_POLICY,
    })
    .end(body);
}

function follow(engine: MockEngine, socket: WebSocket): void {
  send(socket, { type: 'hello', heartbeatMs: 5_000 });
  const channels = new Set<string>();
  const stop = engine.listen((message) => {
    if (channels.has(message.channel)) send(socket, message);
  });
  socket.on('close', stop);
  socket.on('message', (data) => {
    const request = JSON.parse(String(data)) as { op: string; channels?: string[] };
    if (request.op === 'ping') send(socket, { type: 'pong' });
    for (const channel of request.channels ?? []) {
      if (request.op !== 'subscribe') {
        channels.delete(channel);
        continue;
      }
      channels.add(channel);
      for (const message of engine.greet(channel)) send(socket, message);
    }
  });
}

function send(socket: WebSocket, message: object): void {
  socket.send(JSON.stringify(message));
}

function isAllowed(scenario: Scenario, { headers }: IncomingMessage): boolean {
  if (scenario !== 'token') return true;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(/, */);
  const encoded = Buffer.from(MOCK_TOKEN).toString('base64url');
  return headers.authorization === `Bearer ${MOCK_TOKEN}` || offered.includes(`coinpilot.token.${encoded}`);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port = '8090', scenario = 'trading'] = process.argv.slice(2);
  const mock = await startDashboardMock({ port: Number(port), scenario: scenario as Scenario });
  process.stdout.write(`${mock.url}\n`);
}

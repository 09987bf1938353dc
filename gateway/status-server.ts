/**
 * HTTP of a Pod: whether it lives, whether it serves, and its status as JSON. Health is for every probe, the rest for those
 * who may read at a gateway too.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Access, type AccessSettings } from './http/access.ts';

export interface StatusSource {
  /** True when ledger, bus and ownership are there. */
  readonly ready: () => boolean;
  readonly status: () => Readonly<Record<string, unknown>>;
  readonly access: AccessSettings;
}

export interface StatusServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 5_000;
const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

export async function startStatusServer(
  options: { readonly port: number; readonly host?: string } & StatusSource,
): Promise<StatusServer> {
  const host = options.host ?? '127.0.0.1';
  const access = new Access(options.access);
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, HEADERS).end(`${JSON.stringify(body)}\n`);
    };
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') send(405, { error: 'only GET is answered here' });
    else if (path === '/healthz/live') send(200, { live: true });
    else if (path === '/healthz/ready') send(options.ready() ? 200 : 503, { ready: options.ready() });
    else if (path === '/' || path === '/api/status') {
      const headers = request.headers as Record<string, string>;
      const verdict = access.decide({ headers, remoteAddress: request.socket.remoteAddress ?? '' }, 'read');
      if (verdict.granted) send(200, { ready: options.ready(), ...options.status() });
      else send(verdict.response.status, JSON.parse(String(verdict.response.body)));
    } else send(404, { error: 'not found; try /api/status, /healthz/live or /healthz/ready' });
  });
  await listen(server, options.port, host);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

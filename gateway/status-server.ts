/**
 * HTTP of a Pod or collector: whether it lives, whether it serves, its load, and its status as JSON. Health and load are for every
 * probe: they tell nothing of the account. The status is for those who may read at a gateway too.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Access, type AccessSettings } from './http/access.ts';
import type { Metrics } from './metrics.ts';

export interface StatusSource {
  /** False when only a new process helps; one that is stuck does not answer at all. Servers that are away are no reason. */
  readonly live: () => boolean;
  /** True when ledger, bus and ownership are there, and it is not ending. */
  readonly ready: () => boolean;
  readonly status: () => Readonly<Record<string, unknown>>;
  readonly access: AccessSettings;
  /** Of a Pod, what its autoscaler goes by. */
  readonly metrics?: Metrics;
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
    else if (path === '/healthz/live') send(options.live() ? 200 : 503, { live: options.live() });
    else if (path === '/healthz/ready') send(options.ready() ? 200 : 503, { ready: options.ready() });
    else if (path === '/metrics' && options.metrics !== undefined) sendMetrics(options.metrics, response);
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

/** A part that can't be read is told as such; the next question may find it there. */
function sendMetrics(metrics: Metrics, response: ServerResponse): void {
  metrics.text().then(
    (text) => response.writeHead(200, { ...HEADERS, 'content-type': metrics.contentType }).end(text),
    () => response.writeHead(500, HEADERS).end('{"error":"the metrics could not be read"}\n'),
  );
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

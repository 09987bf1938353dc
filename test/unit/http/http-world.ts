/** An HTTP handler with everything a test may want to look at: an engine on a bus in memory, a ledger of fixed answers. */
import { Access, type AccessSettings } from '../../../gateway/http/access.ts';
import { createHttpHandler, type Readiness } from '../../../gateway/http/handler.ts';
import { StaticFiles } from '../../../gateway/http/static-files.ts';
import type { HttpRequest, HttpResponse } from '../../../gateway/live-server.ts';
import { createMetrics } from '../../../gateway/metrics.ts';
import type { FeedReader } from '../../../protocol/ports/feed-reader.ts';
import { Subjects } from '../../../protocol/subjects.ts';
import { FakeBusServer } from '../../support/fake-bus.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

/** As a program on this machine asks. */
export function request(path: string, parts: Partial<HttpRequest> = {}): HttpRequest {
  const [plain = '', query = ''] = path.split('?');
  return {
    method: 'GET',
    path: plain,
    query: new URLSearchParams(query),
    remoteAddress: '127.0.0.1',
    body: new Uint8Array(),
    ...parts,
    headers: { host: 'localhost:8080', ...parts.headers },
  };
}

export function bodyOf(response: HttpResponse): Record<string, unknown> {
  return JSON.parse(textOf(response)) as Record<string, unknown>;
}

export function textOf({ body }: HttpResponse): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString();
}

export function codeOf(response: HttpResponse): string | undefined {
  return (bodyOf(response).error as { code?: string } | undefined)?.code;
}

/** Answers nothing: what a test does not give is an error. */
export function emptyReader(parts: Partial<FeedReader> = {}): FeedReader {
  const missing = (name: string) => async () => {
    throw new Error(`this test gives no ${name}`);
  };
  return {
    heads: missing('heads'),
    journal: missing('journal'),
    symbolSnapshot: async (symbol) => (symbol === 'KRW-BTC' ? { seq: 1, data: {} } : undefined),
    accountSnapshot: missing('accountSnapshot'),
    clusterSnapshot: missing('clusterSnapshot'),
    recentDecisions: missing('recentDecisions'),
    positions: async () => [{ symbol: 'KRW-BTC', quantity: '1' }],
    trades: async () => ({ trades: [], before: null }),
    candles: async () => [],
    fills: async () => [],
    equity: async () => [],
    ...parts,
  };
}

export interface WorldOptions {
  readonly access?: AccessSettings;
  readonly reader?: Partial<FeedReader>;
  readonly ready?: Readiness;
}

export async function httpWorld({ access = {}, reader, ready }: WorldOptions = {}) {
  const clock = new FakeClock();
  const server = new FakeBusServer(clock);
  const log = new RecordingLog();
  const gatewayBus = server.connect();
  const metrics = createMetrics([]);
  const handle = createHttpHandler({
    access: new Access(access),
    reader: emptyReader(reader),
    clock,
    status: () => ({ role: 'gateway' }),
    bus: gatewayBus,
    subjects: new Subjects(),
    log,
    ready: () => ready ?? { ledger: true, bus: true, ownership: true },
    metrics,
    pages: await StaticFiles.load('no-such-folder'),
  });
  return { handle, clock, log, metrics, gatewayBus, engineBus: server.connect(), server };
}

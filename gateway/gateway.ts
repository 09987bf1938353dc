/** A gateway, put together: the feed, the HTTP interface and the pages on one port. Stateless: any number may stand side by side. */
import { fileURLToPath } from 'node:url';
import { FEED_PROTOCOL } from '../protocol/feed.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Bus } from '../protocol/ports/bus.ts';
import type { Clock } from '../protocol/ports/clock.ts';
import type { FeedReader } from '../protocol/ports/feed-reader.ts';
import type { Log } from '../protocol/ports/log.ts';
import type { Subjects } from '../protocol/subjects.ts';
import { FeedHub } from './feed/feed-hub.ts';
import { FeedSession } from './feed/session.ts';
import { Access, type AccessSettings } from './http/access.ts';
import { createHttpHandler, type Readiness } from './http/handler.ts';
import { StaticFiles } from './http/static-files.ts';
import type { Admission, HttpRequest, LiveServer } from './live-server.ts';
import { createMetrics, feedMetrics, liveServerMetrics, type MetricSource } from './metrics.ts';
import { type LiveServerKind, openLiveServer } from './open-live-server.ts';

export interface GatewayOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly access: AccessSettings;
  readonly reader: FeedReader;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly log: Log;
  readonly ready: () => Readiness | Promise<Readiness>;
  /** What this process is, for `/api/status`. */
  readonly status: () => Readonly<Record<string, unknown>>;
  /** Beside those of feed and server. */
  readonly metrics?: readonly MetricSource[];
  readonly prefer?: LiveServerKind | undefined;
}

const PAGES = fileURLToPath(new URL('./dashboard/dist', import.meta.url));
const NO_STATS: LiveServer['stats'] = { sockets: 0, delivered: 0, bytes: 0, dropped: 0 };
/** How long clients get to read that the gateway ends. */
const CLOSE_GRACE_MS = 1_000;

export class Gateway {
  readonly url: string;
  readonly port: number;
  readonly #server: LiveServer;
  readonly #hub: FeedHub;

  private constructor(server: LiveServer, hub: FeedHub) {
    this.#server = server;
    this.#hub = hub;
    this.url = server.url;
    this.port = server.port;
  }

  /** Resolves once it serves. Rejects with code `EADDRINUSE` when the port is taken. */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const { host, port, prefer, log } = options;
    const access = new Access(options.access);
    const hub = new FeedHub(options);
    const serving: { server?: LiveServer } = {};
    const metrics = createMetrics([
      ...liveServerMetrics(() => serving.server?.stats ?? NO_STATS),
      ...feedMetrics(() => hub.stats),
      ...(options.metrics ?? []),
    ]);
    const http = createHttpHandler({ ...options, access, metrics, pages: await StaticFiles.load(PAGES) });
    const server = await openLiveServer<FeedSession>(
      {
        host,
        port,
        prefer,
        handlers: { ...hub.handlers, http, upgrade: (request, protocols) => admit(access, request, protocols) },
        messageBytesMax: LIMITS.feedMessageBytesMax,
        bodyBytesMax: LIMITS.httpBodyBytesMax,
        bufferedBytesMax: LIMITS.feedBufferedBytesMax,
        idleSecondsMax: LIMITS.feedIdleSecondsMax,
        socketsMax: LIMITS.feedClientsMax,
      },
      log,
    );
    serving.server = server;
    hub.start(server);
    return new Gateway(server, hub);
  }

  /** Tells the clients, which come back elsewhere or later, and ends. */
  async close(): Promise<void> {
    this.#hub.stop();
    await this.#server.close(CLOSE_GRACE_MS);
  }
}

/** A browser that offers subprotocols hangs up unless one of them is confirmed; never the one that is a token. */
function admit(access: Access, request: HttpRequest, protocols: readonly string[]): Admission<FeedSession> {
  const verdict = access.decide(request, 'read', protocols);
  if (!verdict.granted) return { admitted: false, response: verdict.response };
  const data = new FeedSession();
  return protocols.includes(FEED_PROTOCOL)
    ? { admitted: true, data, protocol: FEED_PROTOCOL }
    : { admitted: true, data };
}

/**
 * HTTP of a gateway: who is asked, whether they may, and one answer for every request. What fails inside is told as a
 * failure, logged, and never as an empty page.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { RetryableError, TerminalError } from '../../protocol/errors.ts';
import { FEED_PATH } from '../../protocol/feed.ts';
import type { HttpRequest, HttpResponse } from '../live-server.ts';
import type { Metrics } from '../metrics.ts';
import type { Access } from './access.ts';
import { ControlApi, type ControlApiOptions } from './control-api.ts';
import { type ReadApiOptions, type ReadHandler, readApi } from './read-api.ts';
import { failure, json, respond } from './responses.ts';
import { Slots } from './slots.ts';
import type { StaticFiles } from './static-files.ts';

/** What a gateway needs to serve anybody. */
export interface Readiness {
  readonly ledger: boolean;
  readonly bus: boolean;
  readonly ownership: boolean;
}

export interface HttpOptions extends ReadApiOptions, Omit<ControlApiOptions, 'reader'> {
  readonly access: Access;
  readonly ready: () => Readiness | Promise<Readiness>;
  readonly metrics: Metrics;
  readonly pages: StaticFiles;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

/** Questions that wait for their answer; the next is answered 429. */
const READS_WAITING_MAX = 64;
/** Answered at a time: the process may be one that trades, and has to come to its own work between two of them. */
const READS_AT_ONCE = 2;
/** Longer than a statement of the ledger may take. */
const READ_MS_MAX = 12_000;
/** Commands have places of their own: whoever only looks never keeps anybody from halting. */
const COMMANDS_AT_ONCE = 16;
const CONTROL_PATH = '/api/control';
const LIVE_PATH = '/healthz/live';
const READY_PATH = '/healthz/ready';
const ROUTES: ReadonlySet<string> = new Set([CONTROL_PATH, LIVE_PATH, READY_PATH, FEED_PATH]);

/** Never rejects. */
export function createHttpHandler(options: HttpOptions): HttpHandler {
  const { metrics, log } = options;
  const router = new Router(options);
  return async (request) => {
    let response: HttpResponse;
    try {
      response = await router.answer(request);
    } catch (error) {
      response = failed(error);
      log.error(
        { path: request.path.slice(0, 100), error: (error as Error).message },
        'a request could not be answered',
      );
    }
    metrics.countRequest(router.routeOf(request.path), response.status);
    if (request.method === 'HEAD') return { ...response, body: '' };
    return compressed(request, response);
  };
}

const compress = promisify(gzip);
/** Smaller answers do not get smaller. */
const COMPRESSED_LENGTH_MIN = 1_024;

/** Pages are compressed when they are loaded; a long answer in JSON, most of all candles, here. */
async function compressed({ headers }: HttpRequest, response: HttpResponse): Promise<HttpResponse> {
  const { body } = response;
  if (typeof body !== 'string' || body.length < COMPRESSED_LENGTH_MIN) return response;
  if (!/(?:^|,)\s*gzip\s*(?:,|$)/i.test(headers['accept-encoding'] ?? '')) return response;
  const more = { 'content-encoding': 'gzip', vary: 'accept-encoding' };
  return { ...response, headers: { ...response.headers, ...more }, body: await compress(body) };
}

class Router {
  readonly #options: HttpOptions;
  readonly #reads: ReadonlyMap<string, ReadHandler>;
  readonly #control: ControlApi;
  readonly #readSlots: Slots;
  readonly #commandSlots: Slots;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#control = new ControlApi(options);
    const { clock } = options;
    this.#readSlots = new Slots({ clock, atOnce: READS_AT_ONCE, waiting: READS_WAITING_MAX, deadlineMs: READ_MS_MAX });
    this.#commandSlots = new Slots({ clock, atOnce: COMMANDS_AT_ONCE, waiting: 0 });
    this.#reads = new Map<string, ReadHandler>([
      ...readApi(options),
      ['/metrics', async () => respond(200, options.metrics.contentType, await options.metrics.text())],
    ]);
  }

  /** A name for the metrics: there are only so many. */
  routeOf(path: string): string {
    if (this.#reads.has(path) || ROUTES.has(path)) return path;
    return isData(path) || isHealth(path) ? 'unknown' : 'page';
  }

  answer(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    const { path } = request;
    if (isHealth(path)) return this.#health(request);
    if (path === CONTROL_PATH) return this.#command(request);
    if (isData(path)) return this.#read(request);
    const { access, pages } = this.#options;
    const refused = access.refusal(request) ?? wrongMethod(request);
    if (refused !== undefined) return refused;
    return path === FEED_PATH ? noUpgrade() : pages.respond(request);
  }

  /** Without a token: whoever starts and stops processes has none. It says nothing else. */
  async #health(request: HttpRequest): Promise<HttpResponse> {
    const refused = wrongMethod(request);
    if (refused !== undefined) return refused;
    if (request.path === LIVE_PATH) return json(200, { live: true });
    if (request.path !== READY_PATH) return failure('NOT_FOUND', `there is ${LIVE_PATH} and ${READY_PATH}`);
    const { ledger, bus, ownership } = await this.#options.ready();
    const ready = ledger && bus && ownership;
    return json(ready ? 200 : 503, { ready, ledger, bus, ownership });
  }

  #read(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    // Before anything else: who may not read learns nothing, not even what there is.
    const verdict = this.#options.access.decide(request, 'read');
    if (!verdict.granted) return verdict.response;
    const handler = this.#reads.get(request.path);
    if (handler === undefined) return failure('NOT_FOUND', 'there is no such path: docs/FEED.md lists them');
    return wrongMethod(request) ?? this.#readSlots.run(() => handler(request.query));
  }

  #command(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    const verdict = this.#options.access.decide(request, 'control');
    if (!verdict.granted) return verdict.response;
    if (request.method !== 'POST') return failure('METHOD_NOT_ALLOWED', 'a command is a POST', { allow: 'POST' });
    return this.#commandSlots.run(() => this.#control.handle(request));
  }
}

function isHealth(path: string): boolean {
  return path === '/healthz' || path.startsWith('/healthz/');
}

/** RFC 9110 §15.5.22 wants the header that names what to upgrade to. */
function noUpgrade(): HttpResponse {
  const headers = { upgrade: 'websocket', connection: 'upgrade' };
  return failure('UPGRADE_REQUIRED', `${FEED_PATH} is a WebSocket: docs/FEED.md says what it carries`, headers);
}

/** What tells something about the account: never without a token where there is one. */
function isData(path: string): boolean {
  return path === '/metrics' || path === '/api' || path.startsWith('/api/');
}

function wrongMethod({ method }: HttpRequest): HttpResponse | undefined {
  if (method === 'GET' || method === 'HEAD') return undefined;
  return failure('METHOD_NOT_ALLOWED', 'only GET is answered here', { allow: 'GET, HEAD' });
}

function failed(error: unknown): HttpResponse {
  return error instanceof RetryableError || error instanceof TerminalError
    ? failure('UNAVAILABLE', 'the ledger can not be read at the moment: ask again', { 'retry-after': '1' })
    : failure('INTERNAL', 'that failed, and the log says why');
}

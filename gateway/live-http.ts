/**
 * What both servers of the live feed do alike: reading a request, asking the handlers, and never letting what they
 * throw or answer end the process or split a response. Knows no socket.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Log } from '../protocol/ports/log.ts';
import type { Admission, HttpRequest, HttpResponse, LiveHandlers, LiveSocket } from './live-server.ts';

/** The only path on which a WebSocket is opened. */
export const UPGRADE_PATH = '/feed';

/** A request, its body included, must have arrived within this; uWebSockets.js has the same built in. */
export const REQUEST_MS_MAX = 10_000;
/** Connections that speak HTTP, beside the sockets; more are closed or refused. */
export const HTTP_CONNECTIONS_MAX = 1_024;
/** Of a body that is too large so much is read before the answer: a client that still writes might never see it. */
export const DISCARDED_BYTES_MAX = 1_048_576;

const INTERNAL_ERROR = 1011;
/** RFC 6455: a control frame holds 125 bytes, two of them are the code. */
const REASON_BYTES_MAX = 123;
const SWITCHING_PROTOCOLS = 101;
const STATUS_MAX = 599;

export function errorResponse(status: number, code: string, message: string): HttpResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
    body: `${JSON.stringify({ error: { code, message } })}\n`,
  };
}

export const NO_UPGRADE_HERE = errorResponse(404, 'NOT_FOUND', `WebSockets are opened at ${UPGRADE_PATH}`);
export const ENDING = errorResponse(503, 'UNAVAILABLE', 'this server is about to end');
export const TARGET_REFUSED = errorResponse(400, 'INVALID', 'the target of a request begins with a slash');
export const FULL = { code: 1013, reason: 'no more connections' } as const;
export const GOING_AWAY = { code: 1001, reason: 'the gateway ends' } as const;
export const TEXT_ONLY = { code: 1003, reason: 'only text is understood' } as const;
export const TOO_LARGE = { code: 1009, reason: 'the message is too large' } as const;

export function bodyTooLarge(bytesMax: number): HttpResponse {
  const { status, headers, body } = errorResponse(413, 'INVALID', `a body has at most ${bytesMax} bytes`);
  return { status, headers: { ...headers, connection: 'close' }, body };
}

/** Headers for lookups: a name such as `constructor` finds nothing that was not sent. */
export function emptyHeaders(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

/** Repeated headers are joined, never dropped: two values of `host` or `authorization` then equal no valid one. */
export function addHeader(headers: Record<string, string>, name: string, value: string): void {
  const before = headers[name];
  headers[name] = before === undefined ? value : `${before}, ${value}`;
}

/** `127.0.0.1` also where the system says `::ffff:127.0.0.1`, and `::1` also where it writes all zeros. */
export function plainAddress(address: string): string {
  const mapped = /^(?:::|(?:0+:){5})ffff:(.+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped.includes('.') ? mapped : dotted(mapped);
  if (!address.includes(':') || address.includes('%')) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** "7f00:0001" as "127.0.0.1". */
function dotted(groups: string): string {
  const [high = 0, low = 0] = groups.split(':').map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

export function isWebSocketUpgrade(headers: HttpRequest['headers']): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Asks the handlers. What is answered is safe to write out; a protocol is only confirmed when it was offered. */
export function admit<Data>(handlers: LiveHandlers<Data>, request: HttpRequest, log: Log): Admission<Data> {
  const { headers } = request;
  const key = headers['sec-websocket-key'] ?? '';
  if (headers['sec-websocket-version'] !== '13' || !/^[+/0-9A-Za-z]{22}==$/.test(key)) {
    return { admitted: false, response: errorResponse(400, 'INVALID', 'not a WebSocket handshake of RFC 6455') };
  }
  const protocols = (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  try {
    const admission = handlers.upgrade(request, protocols);
    if (!admission.admitted) return { admitted: false, response: checked(admission.response) };
    const { data, protocol } = admission;
    return protocol !== undefined && protocols.includes(protocol)
      ? { admitted: true, data, protocol }
      : { admitted: true, data };
  } catch (error) {
    return { admitted: false, response: failed(request, error, log) };
  }
}

/** The answer of the handlers, or the one that says they failed; never throws and never rejects. */
export function answerTo<Data>(
  handlers: LiveHandlers<Data>,
  request: HttpRequest,
  log: Log,
): HttpResponse | Promise<HttpResponse> {
  try {
    const answer = handlers.http(request);
    if (!(answer instanceof Promise)) return checked(answer);
    return answer.then(checked).catch((error: unknown) => failed(request, error, log));
  } catch (error) {
    return failed(request, error, log);
  }
}

/** Length of the body in bytes. */
export function bodyBytes({ body }: HttpResponse): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
}

/** Statuses whose responses have neither a body nor its length. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

/** Tells the handlers; a socket whose handler throws is in an unknown state and closed. */
export function tell<Data>(
  handlers: LiveHandlers<Data>,
  event: 'opened' | 'overflowed' | 'drained' | 'closed',
  socket: LiveSocket<Data>,
  log: Log,
): void {
  try {
    handlers[event](socket);
  } catch (error) {
    handlerFailed(event, socket, error, log);
  }
}

export function tellMessage<Data>(
  handlers: LiveHandlers<Data>,
  socket: LiveSocket<Data>,
  text: string,
  log: Log,
): void {
  try {
    handlers.message(socket, text);
  } catch (error) {
    handlerFailed('message', socket, error, log);
  }
}

/** Cut to what a close frame holds. */
export function closeReason(reason: string): string {
  let cut = reason;
  while (Buffer.byteLength(cut) > REASON_BYTES_MAX) cut = cut.slice(0, -1);
  return cut;
}

function handlerFailed(event: string, socket: LiveSocket<unknown>, error: unknown, log: Log): void {
  log.error({ event, error: describe(error) }, 'a handler of the live feed failed');
  socket.end(INTERNAL_ERROR, 'internal error');
}

/** Throws what Node throws for a header that would split the response: uWebSockets.js would write it as it is. */
function checked(response: HttpResponse): HttpResponse {
  const { status, headers } = response;
  if (!Number.isInteger(status) || status <= SWITCHING_PROTOCOLS || status > STATUS_MAX) {
    throw new RangeError(`${status} is not a status of HTTP`);
  }
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  return response;
}

function failed({ method, path }: HttpRequest, error: unknown, log: Log): HttpResponse {
  log.error({ method, path, error: describe(error) }, 'a request could not be answered');
  return errorResponse(500, 'INTERNAL', 'the server failed to answer; its log says why');
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

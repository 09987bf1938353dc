/** HTTP of the live server on Node: collects a body, asks the handlers, and bounds both. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../protocol/ports/log.ts';
import {
  addHeader,
  answerTo,
  bodyBytes,
  bodyTooLarge,
  DISCARDED_BYTES_MAX,
  emptyHeaders,
  isBodiless,
  plainAddress,
  TARGET_REFUSED,
} from './live-http.ts';
import type { HttpRequest, HttpResponse, LiveServerOptions } from './live-server.ts';

const EMPTY_BODY = new Uint8Array(0);

export class NodeHttp<Data> {
  /** Answers end their connection. */
  closing = false;
  readonly #options: LiveServerOptions<Data>;
  readonly #log: Log;

  constructor(options: LiveServerOptions<Data>, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  serve(native: IncomingMessage, response: ServerResponse): void {
    // A client that goes away while it is answered is no failure of ours.
    response.on('error', () => native.destroy());
    const request = requestOf(native);
    const reply = (answer: HttpResponse): void => {
      if (!response.destroyed) respond(response, answer, this.closing);
    };
    if (!request.path.startsWith('/')) reply(TARGET_REFUSED);
    else if (request.method === 'POST') this.#collect(native, request, reply);
    else this.#ask(request.method === 'HEAD' ? { ...request, method: 'GET' } : request, reply);
  }

  #ask(request: HttpRequest, reply: (answer: HttpResponse) => void): void {
    const answer = answerTo(this.#options.handlers, request, this.#log);
    if (answer instanceof Promise) void answer.then(reply);
    else reply(answer);
  }

  #collect(native: IncomingMessage, request: HttpRequest, reply: (answer: HttpResponse) => void): void {
    const { bodyBytesMax } = this.#options;
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    native.on('data', (piece: Buffer) => {
      const before = bytes;
      bytes += piece.length;
      if (bytes <= bodyBytesMax) pieces.push(piece);
      if (before <= DISCARDED_BYTES_MAX && bytes > DISCARDED_BYTES_MAX) reply(bodyTooLarge(bodyBytesMax));
    });
    native.on('end', () => {
      if (bytes <= bodyBytesMax) this.#ask({ ...request, body: Buffer.concat(pieces) }, reply);
      else if (bytes <= DISCARDED_BYTES_MAX) reply(bodyTooLarge(bodyBytesMax));
    });
    native.on('error', () => native.destroy());
  }
}

export function requestOf(native: IncomingMessage): HttpRequest {
  const headers = emptyHeaders();
  const { rawHeaders, url: target = '' } = native;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    addHeader(headers, (rawHeaders[index] ?? '').toLowerCase(), rawHeaders[index + 1] ?? '');
  }
  const mark = target.indexOf('?');
  return {
    method: native.method ?? '',
    path: mark === -1 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
    headers,
    remoteAddress: plainAddress(native.socket.remoteAddress ?? ''),
    body: EMPTY_BODY,
  };
}

export function respond(response: ServerResponse, answer: HttpResponse, closing: boolean): void {
  const { status, body } = answer;
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  if (closing) response.setHeader('connection', 'close');
  response.statusCode = status;
  if (isBodiless(status)) {
    response.end();
    return;
  }
  response.setHeader('content-length', bodyBytes(answer));
  response.end(body);
}

/** HTTP on uWebSockets.js: collects a body, asks the handlers, and never touches a response that is gone. */
import { STATUS_CODES } from 'node:http';
import type { Log } from '../protocol/ports/log.ts';
import {
  addHeader,
  answerTo,
  bodyBytes,
  bodyTooLarge,
  DISCARDED_BYTES_MAX,
  emptyHeaders,
  isBodiless,
  isWebSocketUpgrade,
  NO_UPGRADE_HERE,
  plainAddress,
} from './live-http.ts';
import type { HttpRequest, HttpResponse, LiveServerOptions } from './live-server.ts';
import type { UwsRequest, UwsResponse } from './uws-binding.ts';

const EMPTY_BODY = new Uint8Array(0);

export class UwsHttp<Data> {
  /** Requests that are not answered yet. */
  answering = 0;
  /** Answers end their connection. */
  closing = false;
  readonly #options: LiveServerOptions<Data>;
  readonly #log: Log;
  readonly #settled: () => void;

  /** `settled` is called after each request, answered or given up by the client. */
  constructor(options: LiveServerOptions<Data>, log: Log, settled: () => void) {
    this.#options = options;
    this.#log = log;
    this.#settled = settled;
  }

  serve(response: UwsResponse, native: UwsRequest): void {
    let open = true;
    const settle = (): void => {
      if (!open) return;
      open = false;
      this.answering -= 1;
      this.#settled();
    };
    this.answering += 1;
    // Before anything else: without it uWebSockets.js ends the process when the answer comes later.
    response.onAborted(settle);
    const request = requestOf(response, native);
    const reply = (answer: HttpResponse): void => {
      if (!open) return;
      respond(response, request, answer, this.closing);
      settle();
    };
    if (isWebSocketUpgrade(request.headers)) reply(NO_UPGRADE_HERE);
    else if (request.method === 'POST') this.#collect(response, request, reply);
    else this.#ask(request.method === 'HEAD' ? { ...request, method: 'GET' } : request, reply);
  }

  #ask(request: HttpRequest, reply: (answer: HttpResponse) => void): void {
    const answer = answerTo(this.#options.handlers, request, this.#log);
    if (answer instanceof Promise) void answer.then(reply);
    else reply(answer);
  }

  #collect(response: UwsResponse, request: HttpRequest, reply: (answer: HttpResponse) => void): void {
    const { bodyBytesMax } = this.#options;
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    let taken = false;
    response.onData((piece, isLast) => {
      if (taken) return;
      bytes += piece.byteLength;
      taken = isLast || bytes > DISCARDED_BYTES_MAX;
      if (bytes <= bodyBytesMax) pieces.push(new Uint8Array(piece.slice(0)));
      if (!taken) return;
      if (bytes > bodyBytesMax) reply(bodyTooLarge(bodyBytesMax));
      else this.#ask({ ...request, body: Buffer.concat(pieces) }, reply);
    });
  }
}

/** Copies what is only valid until the handler returns. */
export function requestOf(response: UwsResponse, native: UwsRequest): HttpRequest {
  const headers = emptyHeaders();
  native.forEach((name, value) => {
    addHeader(headers, name, value);
  });
  return {
    method: native.getMethod().toUpperCase(),
    path: native.getUrl(),
    query: new URLSearchParams(native.getQuery() ?? ''),
    headers,
    remoteAddress: plainAddress(Buffer.from(response.getRemoteAddressAsText()).toString()),
    body: EMPTY_BODY,
  };
}

export function respond(response: UwsResponse, { method }: HttpRequest, answer: HttpResponse, closing: boolean): void {
  response.cork(() => {
    response.writeStatus(`${answer.status} ${STATUS_CODES[answer.status] ?? 'Unknown'}`);
    let last = closing;
    for (const [name, value] of Object.entries(answer.headers)) {
      const lower = name.toLowerCase();
      // It writes these itself.
      if (lower === 'connection') last ||= value.toLowerCase() === 'close';
      else if (lower !== 'content-length') response.writeHeader(name, value);
    }
    const isHead = method === 'HEAD';
    if (isHead && !isBodiless(answer.status)) response.writeHeader('content-length', String(bodyBytes(answer)));
    if (isHead || isBodiless(answer.status)) response.endWithoutBody();
    else response.end(answer.body, last);
  });
}

/** How every answer leaves: JSON or text, never cached unless it says so, with headers that keep a browser on our side. */
import type { HttpResponse } from '../live-server.ts';

/** `'self'` covers the WebSocket too: CSP 3 matches ws and wss of the page's own host and port. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "manifest-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** Codes beside those of the engine: what only a web server has to say. */
export type HttpErrorCode =
  | 'INVALID'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'UPGRADE_REQUIRED'
  | 'LIMIT'
  | 'UNAVAILABLE'
  | 'INTERNAL';

const STATUS_OF: Readonly<Record<HttpErrorCode, number>> = {
  INVALID: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  UPGRADE_REQUIRED: 426,
  LIMIT: 429,
  UNAVAILABLE: 503,
  INTERNAL: 500,
};

type Headers = Readonly<Record<string, string>>;

export function respond(
  status: number,
  contentType: string,
  body: string | Uint8Array,
  headers: Headers = {},
): HttpResponse {
  return {
    status,
    headers: { ...SECURITY_HEADERS, 'cache-control': 'no-store', 'content-type': contentType, ...headers },
    body,
  };
}

export function json(status: number, value: unknown, headers: Headers = {}): HttpResponse {
  return respond(status, 'application/json; charset=utf-8', `${JSON.stringify(value)}\n`, headers);
}

export function text(status: number, body: string, headers: Headers = {}): HttpResponse {
  return respond(status, 'text/plain; charset=utf-8', `${body}\n`, headers);
}

/** `message`: what is wrong and what to do about it. */
export function failure(code: HttpErrorCode, message: string, headers: Headers = {}): HttpResponse {
  return json(STATUS_OF[code], { error: { code, message } }, headers);
}

/**
 * Who may read and who may command (docs/FEED.md, "Who may"), for HTTP and for the feed's upgrade alike. Decides from the
 * peer's address, `Host`, `Origin` and a token; believes no header that a proxy might have written.
 *
 * Without tokens this machine's own users are trusted, and a web page they happen to have open is not: a page reaches us
 * under a foreign Origin, or, by rebinding its own name to our address, under a foreign Host.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { invariant } from '../../domain/invariant.ts';
import { TOKEN_PROTOCOL } from '../../protocol/feed.ts';
import type { HttpRequest, HttpResponse } from '../live-server.ts';
import { failure } from './responses.ts';

export interface AccessSettings {
  readonly readToken?: string | undefined;
  /** May also read. */
  readonly controlToken?: string | undefined;
  /** Origins beside this server's own, such as `https://trade.example.com`. */
  readonly origins?: readonly string[] | undefined;
}

/** `control` includes `read`. */
export type Right = 'read' | 'control';

export type Verdict =
  | { readonly granted: true; readonly right: Right }
  | { readonly granted: false; readonly response: HttpResponse };

export type Caller = Pick<HttpRequest, 'headers' | 'remoteAddress'>;

const LOOPBACK_ADDRESS = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/i;
const LOOPBACK_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;
const BEARER = /^Bearer +(\S+)$/i;
const BASE64URL = /^[A-Za-z0-9_-]{1,1024}$/;

export class Access {
  readonly #control: Buffer | undefined;
  readonly #read: Buffer | undefined;
  /** As a browser writes them. */
  readonly #origins: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string>;

  constructor({ readToken, controlToken, origins = [] }: AccessSettings) {
    invariant(readToken !== '' && controlToken !== '', 'a token that is set is not empty');
    this.#control = controlToken === undefined ? undefined : digest(controlToken);
    this.#read = readToken === undefined ? undefined : digest(readToken);
    const urls = origins.map((origin) => new URL(origin));
    this.#origins = new Set(urls.map(({ origin }) => origin));
    this.#hosts = new Set(urls.map(({ host }) => host));
  }

  /** A token guards this server: without one nobody reads anything. */
  get isGuarded(): boolean {
    return this.#control !== undefined || this.#read !== undefined;
  }

  /** For what holds no data, such as the page: everything but the token. Undefined when it is fine. */
  refusal({ headers, remoteAddress }: Caller): HttpResponse | undefined {
    const { host, origin } = headers;
    if (!this.isGuarded) {
      if (!LOOPBACK_ADDRESS.test(remoteAddress)) {
        return failure(
          'FORBIDDEN',
          'only this machine is served: set COINPILOT_READ_TOKEN and COINPILOT_CONTROL_TOKEN for others',
        );
      }
      if (!this.#isOwnName(host)) {
        return failure('FORBIDDEN', 'this server is not known by that name: list its address in COINPILOT_ORIGINS');
      }
    }
    if (origin !== undefined && !this.#origins.has(origin) && !isSameOrigin(origin, host)) {
      return failure('FORBIDDEN', 'pages of another origin are not answered: list theirs in COINPILOT_ORIGINS');
    }
    return undefined;
  }

  /** `protocols`: what a WebSocket offers; a browser can put its token nowhere else. */
  decide(caller: Caller, needed: Right, protocols: readonly string[] = []): Verdict {
    const refused = this.refusal(caller);
    if (refused !== undefined) return { granted: false, response: refused };
    const right = this.#rightOf(bearerToken(caller.headers) ?? protocolToken(protocols));
    if (right === undefined) {
      const response = failure('UNAUTHORIZED', 'a token is needed: Authorization: Bearer <token>', {
        'www-authenticate': 'Bearer realm="coinpilot"',
      });
      return { granted: false, response };
    }
    if (needed === 'control' && right === 'read') {
      return { granted: false, response: failure('FORBIDDEN', 'commands need the control token') };
    }
    return { granted: true, right };
  }

  #rightOf(token: string | undefined): Right | undefined {
    if (!this.isGuarded) return 'control';
    if (token === undefined) return undefined;
    const given = digest(token);
    // Both are compared, whatever the first says: the time taken tells nothing.
    const isControl = this.#control !== undefined && timingSafeEqual(given, this.#control);
    const isRead = this.#read !== undefined && timingSafeEqual(given, this.#read);
    if (isControl) return 'control';
    return isRead ? 'read' : undefined;
  }

  #isOwnName(host: string | undefined): boolean {
    if (host === undefined) return false;
    return this.#hosts.has(host.toLowerCase()) || LOOPBACK_NAME.test(host.replace(/:\d{1,5}$/, ''));
  }
}

/** Digests have one length, so that comparing them tells nothing of the token, its length included. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The scheme is not compared: behind a proxy that ends TLS the page's is https and ours is http. */
function isSameOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined || !/^https?:\/\//.test(origin)) return false;
  try {
    const page = new URL(origin);
    return page.host === new URL(`${page.protocol}//${host}`).host;
  } catch {
    return false;
  }
}

function bearerToken(headers: HttpRequest['headers']): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1];
}

function protocolToken(protocols: readonly string[]): string | undefined {
  const offered = protocols.find((protocol) => protocol.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
  return offered !== undefined && BASE64URL.test(offered) ? Buffer.from(offered, 'base64url').toString() : undefined;
}

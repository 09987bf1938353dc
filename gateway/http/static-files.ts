/**
 * The dashboard, from memory: a folder is read once, compressed once, and never looked at again. A request can name only what
 * is in the list, so that no path leads out of it; everything else is answered 404.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import type { HttpRequest, HttpResponse } from '../live-server.ts';
import { failure, respond, SECURITY_HEADERS, text } from './responses.ts';

type Encoding = 'br' | 'gzip' | 'identity';

interface Variant {
  readonly body: Uint8Array;
  /** Of this encoding: a cache must not mistake one for another. */
  readonly etag: string;
}

interface StaticFile {
  readonly contentType: string;
  readonly cacheControl: string;
  readonly variants: Readonly<Partial<Record<Encoding, Variant>>> & { readonly identity: Variant };
}

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** Far above any dashboard: a wrong folder is noticed before the memory is full. */
const FILES_MAX = 1_000;
const BYTES_MAX = 33_554_432;
/** Smaller files do not get smaller. */
const COMPRESSED_BYTES_MIN = 256;

const INDEX = '/index.html';
/** Segments of letters, digits, dot, dash and underscore that do not begin with a dot. No percent sign, no empty segment. */
const PLAIN_PATH = /^\/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/?)?$/;
/** Vite's `name-hash.ext`: another content has another name. */
const HASHED = /^\/assets\/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;
const YEAR_SECONDS = 31_536_000;

const NOT_BUILT = `The dashboard is not built yet. In the project's folder:

    npm run build:dashboard

and start again. The engine, its read API (/api/status) and its feed (/feed) work without it.`;

const CONTENT_TYPES: Readonly<Record<string, { readonly type: string; readonly compress: boolean }>> = {
  '.html': { type: 'text/html; charset=utf-8', compress: true },
  '.js': { type: 'text/javascript; charset=utf-8', compress: true },
  '.css': { type: 'text/css; charset=utf-8', compress: true },
  '.json': { type: 'application/json; charset=utf-8', compress: true },
  '.map': { type: 'application/json; charset=utf-8', compress: true },
  '.webmanifest': { type: 'application/manifest+json; charset=utf-8', compress: true },
  '.svg': { type: 'image/svg+xml; charset=utf-8', compress: true },
  '.txt': { type: 'text/plain; charset=utf-8', compress: true },
  '.ico': { type: 'image/x-icon', compress: false },
  '.png': { type: 'image/png', compress: false },
  '.woff2': { type: 'font/woff2', compress: false },
};
const OTHER_TYPE = { type: 'application/octet-stream', compress: false };

export class StaticFiles {
  readonly #files: ReadonlyMap<string, StaticFile>;

  private constructor(files: ReadonlyMap<string, StaticFile>) {
    this.#files = files;
  }

  /** A folder that is missing, or holds no index.html, gives a page that says how to build it. */
  static async load(folder: string): Promise<StaticFiles> {
    const names = await filesBelow(folder);
    if (names.length > FILES_MAX) throw new Error(`${folder} holds more than ${FILES_MAX} files: is it the dashboard?`);
    const files = new Map<string, StaticFile>();
    let bytes = 0;
    for (const name of names) {
      const content = await readFile(path.join(folder, name));
      bytes += content.byteLength;
      if (bytes > BYTES_MAX) throw new Error(`${folder} holds more than ${BYTES_MAX} bytes: is it the dashboard?`);
      const url = `/${name.split(path.sep).join('/')}`;
      if (PLAIN_PATH.test(url)) files.set(url, await prepare(url, content));
    }
    return new StaticFiles(files);
  }

  get isBuilt(): boolean {
    return this.#files.has(INDEX);
  }

  /** To a GET or HEAD. The page is at `/` alone: what it shows there its address says behind the #. */
  respond({ path: asked, headers }: Pick<HttpRequest, 'path' | 'headers'>): HttpResponse {
    if (asked === '/' && !this.isBuilt) return text(503, NOT_BUILT);
    const file = this.#files.get(asked === '/' ? INDEX : asked);
    return file === undefined ? notFound() : send(file, headers);
  }
}

function send({ contentType, cacheControl, variants }: StaticFile, headers: HttpRequest['headers']): HttpResponse {
  const encoding = chooseEncoding(headers['accept-encoding'] ?? '', variants);
  const { body, etag } = variants[encoding] ?? variants.identity;
  const caching = { 'cache-control': cacheControl, etag, vary: 'accept-encoding' };
  if (matches(headers['if-none-match'], etag)) {
    return { status: 304, headers: { ...SECURITY_HEADERS, ...caching }, body: '' };
  }
  return respond(
    200,
    contentType,
    body,
    encoding === 'identity' ? caching : { ...caching, 'content-encoding': encoding },
  );
}

function notFound(): HttpResponse {
  return failure('NOT_FOUND', 'there is nothing here: the dashboard is at /, and docs/FEED.md lists the rest');
}

/** Regular files, as paths relative to `folder`; hidden ones and links are left out. Empty when there is no folder. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

async function prepare(url: string, content: Buffer): Promise<StaticFile> {
  const { type, compress } = CONTENT_TYPES[path.posix.extname(url)] ?? OTHER_TYPE;
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 27);
  const compressed = compress && content.byteLength >= COMPRESSED_BYTES_MIN;
  return {
    contentType: type,
    cacheControl: HASHED.test(url) ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache',
    variants: {
      identity: { body: content, etag: `"${hash}"` },
      ...(compressed
        ? {
            br: { body: await compressBrotli(content), etag: `"${hash}-br"` },
            gzip: { body: await compressGzip(content, { level: 9 }), etag: `"${hash}-gzip"` },
          }
        : {}),
    },
  };
}

/** The smallest encoding the client takes, as RFC 9110 §12.5.3 reads it. */
function chooseEncoding(accepted: string, variants: StaticFile['variants']): Encoding {
  const weights = new Map(
    accepted.split(',').map((part) => {
      const [name = '', ...parameters] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return [name, weight === undefined ? 1 : Number(weight.slice(2))] as const;
    }),
  );
  const takes = (name: string): boolean => (weights.get(name) ?? weights.get('*') ?? 0) > 0;
  return (['br', 'gzip'] as const).find((name) => variants[name] !== undefined && takes(name)) ?? 'identity';
}

/** Weak comparison: `W/` of a proxy on the way does not matter (RFC 9110 §13.1.2). */
function matches(condition: string | undefined, etag: string): boolean {
  if (condition === undefined) return false;
  return condition.split(',').some((each) => ['*', etag, `W/${etag}`].includes(each.trim()));
}

/** The dashboard from memory: cached well, compressed, and no path that leads anywhere else. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StaticFiles } from '../../../gateway/http/static-files.ts';
import { request, textOf } from './http-world.ts';

const SCRIPT = 'console.info("a script that is long enough to be worth compressing");\n'.repeat(20);
const PAGE = '<!doctype html><title>CoinPilot</title>';

let folder: string;
let files: StaticFiles;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coinpilot-static-'));
  await mkdir(path.join(folder, 'dist/assets'), { recursive: true });
  const write = (name: string, content: string | Uint8Array) => writeFile(path.join(folder, name), content);
  await write('secret.txt', 'outside');
  await write('dist/index.html', PAGE);
  await write('dist/assets/index-DiwrgTda.js', SCRIPT);
  await write('dist/assets/plain.css', 'body{}');
  await write('dist/icon.png', new Uint8Array([1, 2, 3]));
  await write('dist/.env', 'hidden');
  await symlink(path.join(folder, 'secret.txt'), path.join(folder, 'dist/link.txt'));
  files = await StaticFiles.load(path.join(folder, 'dist'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const ask = (name: string, headers: Record<string, string> = {}) => files.respond(request(name, { headers }));

describe('the dashboard', () => {
  it('is the page at its one path, always asked for again', () => {
    for (const name of ['/', '/index.html']) {
      const response = ask(name);
      expect([name, response.status, textOf(response)]).toEqual([name, 200, PAGE]);
      expect(response.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
      });
    }
  });

  it('is kept for ever where the name changes with the content, and nowhere else', () => {
    expect(ask('/assets/index-DiwrgTda.js').headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(ask('/assets/plain.css').headers['cache-control']).toBe('no-cache');
    expect(ask('/icon.png').headers).toMatchObject({ 'content-type': 'image/png', 'cache-control': 'no-cache' });
  });

  it('is sent in the smallest encoding the client takes', () => {
    const script = '/assets/index-DiwrgTda.js';
    const encodingOf = (accepted: string) =>
      ask(script, { 'accept-encoding': accepted }).headers['content-encoding'] ?? 'identity';
    expect(encodingOf('gzip, deflate, br, zstd')).toBe('br');
    expect(encodingOf('gzip, br;q=0')).toBe('gzip');
    expect(encodingOf('GZIP;q=0.5')).toBe('gzip');
    expect(encodingOf('*')).toBe('br');
    expect(encodingOf('br;q=0, gzip;q=0, *')).toBe('identity');
    expect(encodingOf('br;q=nonsense')).toBe('identity');
    expect(encodingOf('')).toBe('identity');
    const brotli = ask(script, { 'accept-encoding': 'br' }).body;
    const gzip = ask(script, { 'accept-encoding': 'gzip' }).body;
    expect(brotliDecompressSync(brotli).toString()).toBe(SCRIPT);
    expect(gunzipSync(gzip).toString()).toBe(SCRIPT);
    expect(brotli.length).toBeLessThan(SCRIPT.length / 5);
    expect(ask('/icon.png', { 'accept-encoding': 'br' }).headers['content-encoding']).toBeUndefined();
  });

  it('is not sent again to who has it, in the same encoding', () => {
    const script = '/assets/index-DiwrgTda.js';
    const { etag = '' } = ask(script, { 'accept-encoding': 'br' }).headers;
    const again = ask(script, { 'accept-encoding': 'br', 'if-none-match': `"other", W/${etag}` });
    expect(again).toMatchObject({ status: 304, body: '' });
    expect(again.headers).toMatchObject({ etag, vary: 'accept-encoding' });
    expect(again.headers['content-type']).toBeUndefined();
    expect(ask(script, { 'if-none-match': '*' }).status).toBe(304);
    expect(ask(script, { 'accept-encoding': 'gzip', 'if-none-match': etag }).status).toBe(200);
    expect(ask(script, { 'accept-encoding': 'br', 'if-none-match': '"other"' }).status).toBe(200);
  });
});

describe('what is not the dashboard', () => {
  it.each([
    '/../secret.txt',
    '/..',
    '/../',
    '/assets/../../secret.txt',
    '/assets/..',
    '/%2e%2e/secret.txt',
    '/%2E%2E%2Fsecret.txt',
    '/..%2fsecret.txt',
    '/..%c0%afsecret.txt',
    '/%252e%252e/secret.txt',
    '/..\\secret.txt',
    '/\\..\\secret.txt',
    '/assets\\index-DiwrgTda.js',
    '//secret.txt',
    '//',
    '//index.html',
    '/assets//index-DiwrgTda.js',
    '/./index.html',
    '/.',
    '/.env',
    '/%00',
    '/index.html\u0000',
    '/\u0000/../secret.txt',
    '/index.html%00.js',
    '/index.html/',
    '/link.txt',
    '/secret.txt',
    '/missing.js',
    '/market',
    '/market/KRW-BTC',
    '/assets',
    '/assets/',
    '/assets/missing',
    '/assets/index-00000000.js',
    '/__proto__.x',
    '/con:',
    '/a b',
    '/ａ',
    '',
    'index.html',
    '*',
    'http://evil.example/',
    `/${'a'.repeat(300)}`,
  ])('is answered 404: %j', (name) => {
    const response = ask(name);
    expect(response.status).toBe(404);
    expect(textOf(response)).not.toContain('outside');
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('says how to build it where it is missing', async () => {
    const none = await StaticFiles.load(path.join(folder, 'nowhere'));
    expect(none.isBuilt).toBe(false);
    const page = none.respond(request('/'));
    expect(page.status).toBe(503);
    expect(page.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(textOf(page)).toContain('npm run build:dashboard');
    expect(none.respond(request('/assets/index.js')).status).toBe(404);
  });
});

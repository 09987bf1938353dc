/** Who may read and command: without tokens only this machine's own programs and pages, with tokens whoever names one. */
import { describe, expect, it } from 'vitest';
import { Access, type AccessSettings, type Right } from '../../../gateway/http/access.ts';
import { request } from './http-world.ts';

const TOKENS = { readToken: 'read-token-1', controlToken: 'control-token-1' };

interface Asked {
  readonly headers?: Record<string, string>;
  readonly remoteAddress?: string;
  readonly protocols?: readonly string[];
  readonly needed?: Right;
}

/** `read`, `control`, or the status of the refusal. */
function verdict(settings: AccessSettings, asked: Asked = {}): Right | number {
  const { headers = {}, remoteAddress = '127.0.0.1', protocols = [], needed = 'read' } = asked;
  const decided = new Access(settings).decide(request('/feed', { headers, remoteAddress }), needed, protocols);
  return decided.granted ? decided.right : decided.response.status;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const protocol = (token: string) => `coinpilot.token.${Buffer.from(token).toString('base64url')}`;

describe('without tokens', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])('lets %s read and command', (remoteAddress) => {
    expect(verdict({}, { remoteAddress, needed: 'control' })).toBe('control');
  });

  it.each(['192.168.0.7', '10.0.0.1', '1270.0.0.1', '::2', '127.0.0.1.evil', '::ffff:10.0.0.1', ''])(
    'refuses the peer "%s"',
    (remoteAddress) => {
      expect(verdict({}, { remoteAddress })).toBe(403);
    },
  );

  it.each(['localhost', 'localhost:8080', 'LOCALHOST:1', '127.0.0.1:8080', '[::1]:8080', '[::1]'])(
    'answers under the name %s',
    (host) => {
      expect(verdict({}, { headers: { host } })).toBe('control');
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    'evil.example:8080',
    '127.0.0.1.evil.example',
    'localhost@evil',
    '',
  ])('refuses the name "%s", which a page may have bound to this address', (host) => {
    expect(verdict({}, { headers: { host } })).toBe(403);
    expect(verdict({}, { headers: { host, origin: `http://${host}` } })).toBe(403);
  });

  it('answers under the names of listed origins', () => {
    const settings = { origins: ['https://trade.example.com', 'http://desk.local:8080'] };
    expect(verdict(settings, { headers: { host: 'trade.example.com' } })).toBe('control');
    expect(verdict(settings, { headers: { host: 'Desk.local:8080' } })).toBe('control');
    expect(verdict(settings, { headers: { host: 'desk.local:8081' } })).toBe(403);
  });

  it('ignores what a proxy says about the peer', () => {
    const headers = { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1' };
    expect(verdict({}, { headers, remoteAddress: '10.0.0.9' })).toBe(403);
  });
});

describe('with tokens', () => {
  it('grants what the token is for', () => {
    expect(verdict(TOKENS, { headers: bearer('read-token-1') })).toBe('read');
    expect(verdict(TOKENS, { headers: bearer('control-token-1') })).toBe('control');
    expect(verdict(TOKENS, { headers: bearer('control-token-1'), needed: 'control' })).toBe('control');
    expect(verdict(TOKENS, { headers: bearer('read-token-1'), needed: 'control' })).toBe(403);
    expect(verdict(TOKENS, { headers: { authorization: 'bearer  read-token-1' } })).toBe('read');
  });

  it.each([
    {},
    bearer(''),
    bearer('wrong'),
    bearer('read-token-'),
    bearer('read-token-12'),
    bearer('READ-TOKEN-1'),
    bearer('read-token-1, control-token-1'),
    bearer('undefined'),
    { authorization: 'Basic cmVhZC10b2tlbi0x' },
    { authorization: 'read-token-1' },
    { cookie: 'token=read-token-1' },
  ])('does not know who sends %o, this machine included', (headers) => {
    expect(verdict(TOKENS, { headers })).toBe(401);
  });

  it('takes the token of a WebSocket from its subprotocols', () => {
    expect(verdict(TOKENS, { protocols: ['coinpilot.feed', protocol('control-token-1')] })).toBe('control');
    expect(verdict(TOKENS, { protocols: ['coinpilot.feed', protocol('wrong')] })).toBe(401);
    expect(verdict(TOKENS, { protocols: ['coinpilot.feed', 'coinpilot.token.'] })).toBe(401);
    expect(verdict(TOKENS, { protocols: ['coinpilot.feed', 'coinpilot.token.%%%'] })).toBe(401);
    expect(verdict(TOKENS, { protocols: ['read-token-1'] })).toBe(401);
  });

  it('serves any machine and name, since nobody gets past without a token', () => {
    const headers = { ...bearer('read-token-1'), host: 'trade.example.com' };
    expect(verdict(TOKENS, { headers, remoteAddress: '203.0.113.9' })).toBe('read');
  });

  it('has one token only when one is set: reading needs the control token then, or nobody may command', () => {
    expect(verdict({ controlToken: 'c' }, {})).toBe(401);
    expect(verdict({ controlToken: 'c' }, { headers: bearer('c') })).toBe('control');
    expect(verdict({ readToken: 'r' }, { headers: bearer('r'), needed: 'control' })).toBe(403);
    expect(verdict({ readToken: 'r' }, { headers: bearer('undefined') })).toBe(401);
    expect(() => new Access({ readToken: '' })).toThrow('not empty');
  });
});

describe('pages of other origins', () => {
  const host = 'localhost:8080';

  it.each([
    'http://localhost:8081',
    'http://127.0.0.1:8080',
    'https://evil.example',
    'null',
    'http://localhost:8080.evil.example',
    'http://user@localhost',
    'file://',
    'chrome-extension://abcdef',
    'localhost:8080',
    'http://',
    '',
  ])('are refused: "%s"', (origin) => {
    expect(verdict({}, { headers: { host, origin } })).toBe(403);
    expect(verdict(TOKENS, { headers: { host, origin, ...bearer('control-token-1') } })).toBe(403);
  });

  it('are answered when they are this server, or listed', () => {
    expect(verdict({}, { headers: { host, origin: 'http://localhost:8080' } })).toBe('control');
    expect(verdict({}, { headers: { host, origin: 'https://localhost:8080' } })).toBe('control');
    expect(verdict({}, { headers: { host: 'localhost', origin: 'http://localhost' } })).toBe('control');
    expect(verdict({}, { headers: { host: 'localhost:443', origin: 'https://localhost' } })).toBe('control');
    const settings = { ...TOKENS, origins: ['https://trade.example.com/'] };
    const headers = { host, origin: 'https://trade.example.com', ...bearer('read-token-1') };
    expect(verdict(settings, { headers })).toBe('read');
    expect(verdict(settings, { headers: { ...headers, origin: 'http://trade.example.com' } })).toBe(403);
  });

  it('says what to do about it and never repeats a token', () => {
    const decided = new Access(TOKENS).decide(request('/', { headers: bearer('my-secret') }), 'read');
    expect(JSON.stringify(decided)).not.toContain('my-secret');
    expect(JSON.stringify(decided)).toContain('Authorization: Bearer');
  });
});

/** What keeps a browser on our side is on every answer, and lets in what the page needs. */
import { describe, expect, it } from 'vitest';
import { SECURITY_HEADERS } from '../../../gateway/http/responses.ts';
import { httpWorld, request } from './http-world.ts';

const POLICY = SECURITY_HEADERS['content-security-policy'] ?? '';

describe('security headers', () => {
  it('are on every answer, whatever it is', async () => {
    const { handle } = await httpWorld({ access: { readToken: 'r' } });
    const token = { authorization: 'Bearer r' };
    const answers = await Promise.all([
      handle(request('/')),
      handle(request('/../x')),
      handle(request('/healthz/live')),
      handle(request('/api/positions')),
      handle(request('/api/positions', { headers: token })),
      handle(request('/api/candles', { headers: token })),
      handle(request('/api/equity', { headers: token, method: 'DELETE' })),
      handle(request('/metrics', { headers: token })),
      handle(request('/api/control', { headers: token, method: 'POST' })),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([503, 404, 200, 401, 200, 400, 405, 200, 403]);
    for (const { headers } of answers) {
      expect(headers).toMatchObject(SECURITY_HEADERS);
      expect(headers['cache-control']).toBe('no-store');
    }
  });

  it('allow nothing inline, and nobody else', () => {
    expect(POLICY).not.toMatch(/unsafe|\*|https?:/);
    expect(POLICY).toContain("default-src 'none'");
    expect(POLICY).toContain("script-src 'self';");
    expect(POLICY).toContain("style-src 'self';");
    expect(POLICY).toContain("connect-src 'self';");
    expect(POLICY).toContain("frame-ancestors 'none'");
  });
});

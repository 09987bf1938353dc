/** Commands of people: checked, passed on as they are, and honest about what nobody knows. */
import { describe, expect, it } from 'vitest';
import { refuse } from '../../../protocol/errors.ts';
import { bodyOf, codeOf, httpWorld, request, textOf } from './http-world.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const COMMAND = { target: 'symbol', symbol: 'KRW-BTC', command: 'pause', id: ID, reason: 'news', by: 'Jin' };

function post(body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return request('/api/control', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(text),
  });
}

/** An engine that answers everything with `reply`, and what it was sent. */
async function world(reply?: unknown, access = {}) {
  const made = await httpWorld({ access });
  const sent: { subject: string; body: unknown }[] = [];
  for (const subject of ['cp.symbol.KRW-BTC.*', 'cp.account.*']) {
    made.engineBus.subscribe(subject, (message) => {
      sent.push({ subject: message.subject, body: JSON.parse(Buffer.from(message.data).toString()) });
      if (reply !== undefined) message.respond(typeof reply === 'string' ? reply : JSON.stringify(reply));
    });
  }
  return { ...made, sent };
}

describe('a command', () => {
  it.each([
    [COMMAND, 'cp.symbol.KRW-BTC.pause'],
    [{ ...COMMAND, command: 'resume' }, 'cp.symbol.KRW-BTC.resume'],
    [{ ...COMMAND, command: 'halt' }, 'cp.symbol.KRW-BTC.halt'],
    [{ ...COMMAND, command: 'flatten' }, 'cp.symbol.KRW-BTC.flatten'],
    [{ target: 'account', command: 'halt', id: ID, reason: 'news', by: 'Jin' }, 'cp.account.halt'],
  ])('goes to the engine, whose reply comes back as it is: %o', async (command, subject) => {
    const reply = { ok: true, mode: 'watching', position: { quantity: '1' } };
    const { handle, sent, log } = await world(reply);
    const answer = await handle(post(command));
    expect([answer.status, bodyOf(answer)]).toEqual([200, reply]);
    expect(sent).toEqual([{ subject, body: { id: ID, reason: 'news', by: 'Jin' } }]);
    expect(log.lines.at(-1)?.fields).toMatchObject({ subject, id: ID, outcome: 'ok' });
  });

  it.each([
    ['PAUSED', 409],
    ['INVALID', 400],
    ['BUSY', 429],
    ['FENCED', 503],
    ['OUTCOME_UNKNOWN', 503],
    ['INTERNAL', 500],
  ] as const)('refused with %s has status %i and the engine’s own words', async (code, status) => {
    const reply = refuse(code, 'why', { limit: 1 });
    const { handle } = await world(reply);
    const answer = await handle(post(COMMAND));
    expect([answer.status, bodyOf(answer)]).toEqual([status, reply]);
  });

  it('that nobody answers in time may have been done: the id says how to ask again', async () => {
    const { handle, clock } = await world();
    const waiting = handle(post(COMMAND));
    await clock.advance(12_000);
    const answer = await waiting;
    expect([answer.status, codeOf(answer)]).toEqual([503, 'OUTCOME_UNKNOWN']);
    expect(bodyOf(answer)).toMatchObject({ ok: false, error: { retryable: true, details: { id: ID } } });
  });

  it.each(['', 'noise', '[]', '{"ok":false}', '{"ok":"yes"}'])('answered by %j is as unknown', async (noise) => {
    const { handle } = await world(noise);
    const answer = await handle(post(COMMAND));
    expect([answer.status, codeOf(answer)]).toEqual([503, 'OUTCOME_UNKNOWN']);
  });

  it('that reaches nobody changed nothing: the symbol is unknown, or not served now', async () => {
    const { handle, gatewayBus } = await httpWorld();
    const unknown = await handle(post({ ...COMMAND, symbol: 'KRW-NONE' }));
    expect([unknown.status, codeOf(unknown)]).toEqual([404, 'NOT_FOUND']);
    const unserved = await handle(post(COMMAND));
    expect([unserved.status, codeOf(unserved)]).toEqual([503, 'UNAVAILABLE']);
    gatewayBus.disconnect();
    const cut = await handle(post(COMMAND));
    expect([cut.status, codeOf(cut)]).toEqual([503, 'UNAVAILABLE']);
  });
});

describe('what is no command', () => {
  it.each([
    ['', 'JSON object'],
    ['{', 'JSON object'],
    ['[]', 'JSON object'],
    ['null', 'JSON object'],
    ['"pause"', 'JSON object'],
    [{}, 'target must be'],
    [{ ...COMMAND, target: 'cluster' }, 'target must be'],
    [{ ...COMMAND, target: '__proto__' }, 'target must be'],
    [{ ...COMMAND, symbol: undefined }, 'symbol must be'],
    [{ ...COMMAND, symbol: 'KRW-BTC.fill' }, 'symbol must be'],
    [{ ...COMMAND, symbol: '*' }, 'symbol must be'],
    [{ ...COMMAND, symbol: '>' }, 'symbol must be'],
    [{ ...COMMAND, symbol: ['KRW-BTC'] }, 'symbol must be'],
    [{ ...COMMAND, command: 'fill' }, 'command must be one of pause, resume, halt, flatten'],
    [{ ...COMMAND, command: 'constructor' }, 'command must be'],
    [{ ...COMMAND, target: 'account' }, 'the account has none'],
    [{ ...COMMAND, target: 'account', symbol: undefined, command: 'flatten' }, 'command must be one of pause'],
    [{ ...COMMAND, target: 'account', symbol: undefined, command: 'withdraw' }, 'command must be one of pause'],
    [{ ...COMMAND, id: undefined }, 'id: is missing'],
    [{ ...COMMAND, id: '7' }, 'id: must be a UUID'],
    [{ ...COMMAND, reason: '  ' }, 'reason: is empty'],
    [{ ...COMMAND, reason: 'x'.repeat(501) }, 'reason'],
    [{ ...COMMAND, by: undefined }, 'by is missing'],
    [{ ...COMMAND, by: 'x'.repeat(81) }, 'by'],
    [{ ...COMMAND, by: 'a\u0000b' }, 'by'],
    [{ ...COMMAND, amount: '1' }, 'there is no field "amount"'],
    [{ ...COMMAND, deadline: '2026-01-31T09:00:00Z' }, 'there is no field "deadline"'],
  ])('is refused and sent nowhere: %j', async (body, message) => {
    const { handle, sent } = await world({ ok: true });
    const answer = await handle(post(body));
    expect([answer.status, codeOf(answer)]).toEqual([400, 'INVALID']);
    expect(textOf(answer)).toContain(message.replaceAll('"', '\\"'));
    expect(sent).toEqual([]);
  });

  it('is bytes that are no text, another content type, or too much', async () => {
    const { handle, sent } = await world({ ok: true });
    const bytes = { ...post(''), body: new Uint8Array([0xff, 0xfe]) };
    expect((await handle(bytes)).status).toBe(400);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
      expect((await handle(post(COMMAND, { 'content-type': type }))).status).toBe(400);
    }
    expect((await handle(post(COMMAND, { 'content-type': 'application/json; charset=utf-8' }))).status).toBe(200);
    expect((await handle(post({ ...COMMAND, reason: 'x'.repeat(20_000) }))).status).toBe(413);
    expect(sent).toHaveLength(1);
  });
});

describe('commands are for those who may', () => {
  const TOKENS = { readToken: 'read-token-1', controlToken: 'control-token-1' };

  it.each([
    [{}, 401],
    [{ authorization: 'Bearer wrong' }, 401],
    [{ authorization: 'Bearer read-token-1' }, 403],
    [{ authorization: 'Bearer control-token-1', origin: 'https://evil.example' }, 403],
    [{ authorization: 'Bearer control-token-1' }, 200],
    [{ authorization: 'Bearer control-token-1', origin: 'http://localhost:8080' }, 200],
  ])('%o → %i', async (headers, status) => {
    const { handle, sent, log } = await world({ ok: true }, TOKENS);
    expect((await handle(post(COMMAND, headers))).status).toBe(status);
    expect(sent).toHaveLength(status === 200 ? 1 : 0);
    expect(JSON.stringify(log.lines)).not.toContain('token-1');
  });

  it('not for a page of another origin that is open on this machine', async () => {
    const { handle, sent } = await world({ ok: true });
    for (const origin of ['https://evil.example', 'null', 'http://localhost:3000']) {
      expect((await handle(post(COMMAND, { origin }))).status).toBe(403);
    }
    expect((await handle(post(COMMAND, { host: 'rebound.example', origin: 'http://rebound.example' }))).status).toBe(
      403,
    );
    expect(sent).toEqual([]);
  });
});

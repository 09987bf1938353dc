/** The client over every NATS server there is, against a responder that follows a script. */
import { connect, type NatsConnection } from 'nats';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoinPilotClient, type Reply, TerminalError } from '../../adapters/nats/client/index.ts';
import { refuse } from '../../protocol/errors.ts';
import { until } from '../support/engine-process.ts';
import { NATS_IMPLEMENTATIONS, type RunningNats } from '../support/nats-implementations.ts';

const FILL = { side: 'buy', quantity: '1', price: '100' } as const;
const OK: Reply = { ok: true, version: 1 };
const TOKEN = 'a token';
/** Short, so that a lost answer is soon asked for again. */
const ATTEMPT_MS = 100;

interface Request {
  readonly id: string;
  readonly quantity: string;
}

describe.each(NATS_IMPLEMENTATIONS)('the client over $name', ({ isMissing, start }) => {
  let server: RunningNats;
  let responder: NatsConnection;
  let client: CoinPilotClient;

  beforeEach(async () => {
    if (isMissing) return;
    server = await start({ token: TOKEN });
    await reconnect();
  });

  afterEach(async () => {
    if (isMissing) return;
    await client.close();
    await responder.close();
    await server.stop();
  });

  async function reconnect(): Promise<void> {
    responder = await connect({ servers: server.url, token: TOKEN, maxReconnectAttempts: -1, reconnectTimeWait: 20 });
    client = await CoinPilotClient.connect({ url: server.url, token: TOKEN, attemptMs: ATTEMPT_MS });
  }

  /** Serves a subject: the n-th request (from 0) gets `answer(n)`; undefined is silence. Returns the ids as they come. */
  function serve(subject: string, answer: (n: number, body: Request) => Reply | undefined): string[] {
    const ids: string[] = [];
    responder.subscribe(subject, {
      callback: (_, message) => {
        const body = message.json<Request>();
        const reply = answer(ids.length, body);
        ids.push(body.id);
        if (reply !== undefined) message.respond(JSON.stringify(reply));
      },
    });
    return ids;
  }

  const fill = (symbol = 'KRW-BTC') => client.symbol(symbol).fill(FILL);

  it.skipIf(isMissing)('sends one id until it is answered, through refusals and silence', async () => {
    const script = [refuse('NOT_OWNER', ''), undefined, refuse('FENCED', ''), OK];
    const ids = serve('cp.symbol.KRW-BTC.fill', (n) => script[n]);
    expect(await fill()).toEqual(OK);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(1);
  });

  it.skipIf(isMissing)(
    'tells "nobody listens" from "no answer": nothing was sent to anyone, or nobody knows',
    async () => {
      serve('cp.symbol.KRW-ETH.fill', () => undefined);
      const [nobody, silence] = await Promise.all([
        client.symbol('KRW-BTC').fill(FILL, { deadlineMs: 400 }),
        client.symbol('KRW-ETH').fill(FILL, { deadlineMs: 400 }),
      ]);
      expect(nobody).toMatchObject({ error: { code: 'UNAVAILABLE' } });
      expect(silence).toMatchObject({ error: { code: 'OUTCOME_UNKNOWN' } });
    },
  );

  it.skipIf(isMissing)('says NOT_FOUND long before the deadline for a name the cluster does not know', async () => {
    serve('cp.cluster.symbols', () => ({ ok: true, symbols: [{ symbol: 'KRW-BTC' }], pods: [] }));
    const reply = await client.symbol('KRW-NOPE').fill(FILL, { deadlineMs: 600_000 });
    expect(reply).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it.skipIf(isMissing)('finds an owner that comes while it tries', async () => {
    const call = fill();
    await until(
      () => client.pending === 1,
      5_000,
      () => 'no call waits',
    );
    serve('cp.symbol.KRW-BTC.fill', () => OK);
    expect(await call).toEqual(OK);
  });

  it.skipIf(isMissing)('keeps thousands of calls apart that wait at the same time', async () => {
    serve('cp.symbol.*.fill', (n, { quantity }) => (n % 7 === 0 ? refuse('BUSY', '') : { ok: true, quantity }));
    const calls = Array.from({ length: 5_000 }, (_, index) =>
      client.symbol(`KRW-${index % 50}`).fill({ ...FILL, quantity: String(index) }),
    );
    const replies = await Promise.all(calls);
    expect(replies).toEqual(calls.map((_, index) => ({ ok: true, quantity: String(index) })));
    expect(client.pending).toBe(0);
  });

  it.skipIf(isMissing)('goes on by itself when the server was away', async () => {
    const { port } = server;
    const ids = serve('cp.symbol.KRW-BTC.fill', () => OK);
    expect(await fill()).toEqual(OK);
    await server.stop();
    await until(
      () => !client.connected,
      5_000,
      () => 'still connected',
    );
    const call = fill();
    server = await start({ token: TOKEN, port });
    expect(await call).toEqual(OK);
    expect(ids).toHaveLength(2);
  });

  it.skipIf(isMissing)('answers what waits when it is closed', async () => {
    serve('cp.symbol.KRW-BTC.fill', () => undefined);
    const call = fill();
    await client.close();
    expect(await call).toMatchObject({ error: { code: 'OUTCOME_UNKNOWN' } });
  });

  it.skipIf(isMissing)('is refused without the token: a person must change something', async () => {
    await expect(CoinPilotClient.connect({ url: server.url, token: 'wrong' })).rejects.toThrow(TerminalError);
  });
});

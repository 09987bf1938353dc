/** Stopping at awkward moments: while the start waits for a server, and by a Ctrl-C that arrives twice. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome, until } from '../support/engine-process.ts';

const WAITING = /can not be reached; trying again/;
const WAITING_MS_MAX = 30_000;

let home: EngineHome;

beforeAll(async () => {
  home = await EngineHome.create(['--feed', 'demo']);
});

afterAll(() => home?.remove());

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('a stop', () => {
  it.each(['--database-url', '--nats-url'])('calls off a start that waits for the server of %s', async (option) => {
    const scheme = option === '--nats-url' ? 'nats' : 'postgres';
    const engine = home.run('up', option, `${scheme}://127.0.0.1:${await closedPort()}`);
    await until(
      () => WAITING.test(engine.log),
      WAITING_MS_MAX,
      () => `it does not wait: ${engine.log}`,
    );
    expect(await engine.kill('SIGINT'), engine.log).toEqual({ code: 0, signal: null });
    expect(engine.log).not.toContain('forced');
    expect(engine.lines, 'never said to be ready').toEqual([]);
  });

  it('by one Ctrl-C that npm repeats to its child is one stop, in order', async () => {
    const engine = await home.start();
    engine.signal('SIGINT');
    expect(await engine.kill('SIGINT'), engine.log).toEqual({ code: 0, signal: null });
    expect(home.postmasterPid(), 'Postgres stops with its engine').toBeUndefined();
  });
});

/** Which live server is taken, and that a person can read it. */
import { afterEach, describe, expect, it } from 'vitest';
import type { LiveServer } from '../../gateway/live-server.ts';
import { type LiveServerKind, openLiveServer } from '../../gateway/open-live-server.ts';
import { loadUws } from '../../gateway/uws-binding.ts';
import { RecordingLog } from '../support/recording-log.ts';

const uws = loadUws();
const NATIVE = 'missing' in uws ? 'ws' : 'uWebSockets.js';

describe('the choice of a live server', () => {
  const servers: LiveServer[] = [];

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close(0)));
  });

  async function open(
    prefer: LiveServerKind | undefined,
    port = 0,
  ): Promise<{ server: LiveServer; log: RecordingLog }> {
    const log = new RecordingLog();
    const server = await openLiveServer<string>(
      {
        prefer,
        host: '127.0.0.1',
        port,
        messageBytesMax: 1_024,
        bodyBytesMax: 1_024,
        bufferedBytesMax: 65_536,
        idleSecondsMax: 60,
        socketsMax: 10,
        handlers: {
          http: () => ({ status: 200, headers: {}, body: '' }),
          upgrade: () => ({ admitted: true, data: '' }),
          opened: () => {},
          message: () => {},
          overflowed: () => {},
          drained: () => {},
          closed: () => {},
        },
      },
      log,
    );
    servers.push(server);
    return { server, log };
  }

  it('takes the native one where it loads, and says why', async () => {
    const { server, log } = await open(undefined);
    expect(server.kind).toBe(NATIVE);
    expect(log.lines).toEqual([
      {
        level: 'info',
        message: 'the live feed is served',
        fields: { server: NATIVE, why: expect.stringMatching(/.+/), url: server.url },
      },
    ]);
  });

  it('takes `ws` when asked to', async () => {
    const { server, log } = await open('ws');
    expect(server.kind).toBe('ws');
    expect(log.lines[0]?.fields).toMatchObject({ server: 'ws', why: 'asked for' });
  });

  it('warns when the native one was asked for and does not load', async () => {
    const { server, log } = await open('uws');
    expect(server.kind).toBe(NATIVE);
    expect(log.at('warn')).toHaveLength(NATIVE === 'ws' ? 1 : 0);
  });

  it('does not take another one for a port that is taken', async () => {
    const { server } = await open(undefined);
    await expect(open(undefined, server.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(open('ws', server.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

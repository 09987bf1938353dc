/** Connections that never say what they want: they are bounded, because the process that holds them also trades. */
import { afterEach, describe, expect, it } from 'vitest';
import { HTTP_CONNECTIONS_MAX } from '../../gateway/live-http.ts';
import { LiveWire } from '../support/live-wire.ts';
import { eventually, LIVE_SERVERS, LiveWorld } from '../support/live-world.ts';

/** At once; the next come when these are taken or refused. */
const BATCH = 64;

for (const implementation of LIVE_SERVERS) {
  describe.skipIf(implementation.isMissing)(`connections to a live server on ${implementation.name}`, () => {
    const wires: LiveWire[] = [];
    let world: LiveWorld | undefined;

    afterEach(async () => {
      for (const wire of wires.splice(0)) wire.socket.destroy();
      await world?.close();
    });

    it('closes what comes above the limit, serves who is there, and takes new ones when they have left', async () => {
      world = await LiveWorld.open(implementation, { socketsMax: 1 });
      const { server } = world;
      const listener = await LiveWire.upgraded(server.port, 'listener');
      wires.push(listener);
      (await world.socket('listener')).subscribe('news');
      const idle: LiveWire[] = [];
      while (!idle.some(({ closed }) => closed)) {
        if (idle.length > HTTP_CONNECTIONS_MAX + BATCH) throw new Error('all were taken');
        const batch = Array.from({ length: BATCH }, () => new LiveWire(server.port));
        wires.push(...batch);
        idle.push(...batch);
        for (const wire of batch) wire.write('GET / HTTP/1.1\r\nhost: ');
        await eventually(() => batch.every(({ closed, socket }) => closed || !socket.connecting));
        await new Promise((resume) => setImmediate(resume));
      }
      server.publish('news', 'still here');
      await listener.until((received) => received.includes('still here'));
      for (const wire of idle) wire.socket.destroy();
      await eventually(async () => (await fetch(server.url).catch(() => undefined))?.ok === true);
      expect(listener.closed).toBe(false);
    });
  });
}

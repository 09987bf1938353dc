/** Connections that say nothing, or not enough, do not stay. These wait for real seconds, so they wait together. */
import { afterEach, describe, expect, it } from 'vitest';
import { LiveClient } from '../support/live-client.ts';
import { frame, handshake, LiveWire, OPCODES } from '../support/live-wire.ts';
import { eventually, LIVE_SERVERS, LiveWorld } from '../support/live-world.ts';

/** The least that uWebSockets.js can. */
const IDLE_SECONDS = 8;
const PING_BYTE = String.fromCharCode(0x80 | OPCODES.ping);

for (const implementation of LIVE_SERVERS) {
  describe.skipIf(implementation.isMissing)(`a live server on ${implementation.name}, in silence`, () => {
    const worlds: LiveWorld[] = [];

    afterEach(async () => {
      await Promise.all(worlds.splice(0).map((world) => world.close()));
    });

    it('pings a silent socket and closes one that does not answer, and drops half requests', async () => {
      const world = await LiveWorld.open(implementation, { idleSecondsMax: IDLE_SECONDS });
      worlds.push(world);
      const answering = await LiveClient.open(world, 'answering');
      let pings = 0;
      answering.ws.on('ping', () => {
        pings += 1;
      });
      const silent = await LiveWire.upgraded(world.server.port, 'silent');
      const halfFrame = await LiveWire.upgraded(world.server.port, 'half');
      halfFrame.write(frame(OPCODES.text, 'never finished').subarray(0, 9));
      const halfRequests = ['', 'GET / HT', 'GET / HTTP/1.1\r\nhost: x\r\n', handshake('/feed').slice(0, -2)].map(
        (text) => {
          const wire = new LiveWire(world.server.port);
          wire.write(text);
          return wire;
        },
      );
      const halfBody = new LiveWire(world.server.port);
      halfBody.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc');

      for (const wire of [silent, halfFrame, halfBody, ...halfRequests]) await wire.whenClosed();
      expect(silent.received).toContain(PING_BYTE);
      await eventually(() => pings > 0);
      expect(world.count('closed silent')).toBe(1);
      expect(world.count('closed half')).toBe(1);
      expect(world.count('closed answering')).toBe(0);
      expect(world.requests).toEqual([]);
      expect(world.server.stats.sockets).toBe(1);
    });
  });
}

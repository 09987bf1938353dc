/**
 * One suite for whatever speaks NATS to us: the embedded broker has to behave like nats-server, seen through the real
 * client and byte by byte.
 *
 * How a case knows that everything has arrived without sleeping: a flush of the publisher proves that its messages were
 * routed, a flush of the subscriber after it that they were read, because the PONG queues behind them.
 */
import { connect, headers, type NatsConnection, type NodeConnectionOptions } from 'nats';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NATS_IMPLEMENTATIONS, type RunningNats } from '../support/nats-implementations.ts';
import type { NatsServerOptions } from '../support/nats-server.ts';
import { RawNatsClient } from '../support/raw-nats-client.ts';

const CONNECT = 'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n';
const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

for (const implementation of NATS_IMPLEMENTATIONS) {
  describe.skipIf(implementation.isMissing)(implementation.name, () => {
    let server: RunningNats;
    const cleanups: (() => unknown)[] = [];

    beforeAll(async () => {
      server = await implementation.start();
    });
    afterAll(() => server?.stop());
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    });

    async function client(options: NodeConnectionOptions = {}): Promise<NatsConnection> {
      const connection = await connect({ servers: server.url, ...options });
      cleanups.push(() => connection.close());
      return connection;
    }

    async function raw(port = server.port): Promise<RawNatsClient> {
      const connection = await RawNatsClient.connect(port);
      cleanups.push(() => connection.destroy());
      return connection;
    }

    async function another(options: NatsServerOptions): Promise<RunningNats> {
      const started = await implementation.start(options);
      cleanups.push(() => started.stop());
      return started;
    }

    describe('through the real client', () => {
      it('delivers by wildcard, and only what matches', async () => {
        const [publisher, subscriber] = [await client(), await client()];
        const seen: string[] = [];
        for (const pattern of ['md.*.tick', 'ev.>']) {
          subscriber.subscribe(pattern, {
            callback: (_, message) => void seen.push(`${message.subject}=${message.string()}`),
          });
        }
        await subscriber.flush();
        for (const subject of ['md.KRW-BTC.tick', 'md.x.y.tick', 'ev', 'ev.a', 'ev.a.b.c'])
          publisher.publish(subject, '1');
        await publisher.flush();
        await subscriber.flush();
        expect(seen).toEqual(['md.KRW-BTC.tick=1', 'ev.a=1', 'ev.a.b.c=1']);
      });

      it('gives each message to one member of a queue group, fairly, and to every group and plain subscriber', async () => {
        const [publisher, ...members] = [await client(), await client(), await client(), await client()];
        const counts = members.map(() => 0);
        let [otherGroup, plain] = [0, 0];
        members.forEach((member, index) => {
          member.subscribe('q.work', {
            queue: 'workers',
            callback: () => {
              counts[index]! += 1;
            },
          });
        });
        publisher.subscribe('q.*', {
          queue: 'audit',
          callback: () => {
            otherGroup += 1;
          },
        });
        publisher.subscribe('q.>', {
          callback: () => {
            plain += 1;
          },
        });
        for (const member of members) await member.flush();
        for (let n = 0; n < 600; n += 1) publisher.publish('q.work');
        await publisher.flush();
        for (const member of members) await member.flush();
        expect(counts.reduce((sum, count) => sum + count)).toBe(600);
        // nats-server picks at random: 200 ± 5 standard deviations of 11.5.
        for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(60);
        expect([otherGroup, plain]).toEqual([600, 600]);
      });

      it('answers a request', async () => {
        const [asker, responder] = [await client(), await client()];
        responder.subscribe('svc.echo', { callback: (_, message) => void message.respond(`re:${message.string()}`) });
        await responder.flush();
        expect((await asker.request('svc.echo', 'hey')).string()).toBe('re:hey');
        expect((await asker.request('svc.echo', 'own inbox', { noMux: true, timeout: 5_000 })).string()).toBe(
          're:own inbox',
        );
      });

      it('says at once that nobody answers', async () => {
        const asker = await client();
        await expect(asker.request('svc.nobody', '', { timeout: 20_000 })).rejects.toThrow(/no responders/i);
        await expect(asker.request('svc.nobody', '', { timeout: 20_000, noMux: true })).rejects.toThrow(
          /no responders/i,
        );
      });

      it('carries headers', async () => {
        const connection = await client();
        const received: unknown[] = [];
        connection.subscribe('h.x', {
          callback: (_, message) => void received.push([message.headers?.get('Id'), message.string(), message.reply]),
        });
        const sent = headers();
        sent.set('Id', 'k1');
        connection.publish('h.x', 'abc', { headers: sent });
        connection.publish('h.x', '', { headers: sent, reply: 'r' });
        await connection.flush();
        expect(received).toEqual([
          ['k1', 'abc', ''],
          ['k1', '', 'r'],
        ]);
      });

      it('carries 500 KB unchanged', async () => {
        const [publisher, subscriber] = [await client(), await client()];
        const payload = Buffer.alloc(500_000, 'a quick brown fox ');
        const received: Uint8Array[] = [];
        subscriber.subscribe('big', { callback: (_, message) => void received.push(message.data) });
        await subscriber.flush();
        for (let n = 0; n < 5; n += 1) publisher.publish('big', payload);
        await publisher.flush();
        await subscriber.flush();
        expect(received.map((data) => payload.equals(data))).toEqual([true, true, true, true, true]);
      });

      it('ends a subscription after the messages it asked for', async () => {
        const connection = await client();
        const counts = [0, 0];
        connection.subscribe('max', {
          max: 3,
          callback: () => {
            counts[0]! += 1;
          },
        });
        const late = connection.subscribe('max', {
          callback: () => {
            counts[1]! += 1;
          },
        });
        await connection.flush();
        connection.publish('max');
        connection.publish('max');
        late.unsubscribe(5);
        for (let n = 0; n < 10; n += 1) connection.publish('max');
        await connection.flush();
        expect(counts).toEqual([3, 5]);
      });

      it('keeps the order of 50,000 messages', async () => {
        const [publisher, subscriber] = [await client(), await client()];
        let [next, outOfOrder] = [0, 0];
        subscriber.subscribe('ordered', {
          callback: (_, message) => {
            if (Number(message.string()) !== next) outOfOrder += 1;
            next += 1;
          },
        });
        await subscriber.flush();
        for (let n = 0; n < 50_000; n += 1) {
          publisher.publish('ordered', String(n));
          if (n % 5_000 === 0) await publisher.flush();
        }
        await publisher.flush();
        await subscriber.flush();
        expect([next, outOfOrder]).toEqual([50_000, 0]);
      });

      it('lets a client drain', async () => {
        const [publisher, subscriber] = [await client(), await client()];
        let received = 0;
        subscriber.subscribe('drained', {
          callback: () => {
            received += 1;
          },
        });
        await subscriber.flush();
        for (let n = 0; n < 1_000; n += 1) publisher.publish('drained');
        await publisher.drain();
        await subscriber.drain();
        expect(received).toBe(1_000);
      });

      it('is found again after a restart, subscriptions included', async () => {
        const first = await another({});
        const connection = await client({ servers: first.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
        const statuses = connection.status()[Symbol.asyncIterator]();
        const received = new Promise<string>((resolve) => {
          connection.subscribe('again', { callback: (_, message) => resolve(message.string()) });
        });
        await connection.flush();
        await first.stop();
        await another({ port: first.port });
        for (let type = ''; type !== 'reconnect'; ) type = (await statuses.next()).value.type;
        const publisher = await client({ servers: first.url });
        await connection.flush();
        publisher.publish('again', 'hello');
        expect(await received).toBe('hello');
      });

      it('lets in who knows the token, and nobody else', async () => {
        const guarded = await another({ token: 'right-token' });
        const friend = await client({ servers: guarded.url, token: 'right-token' });
        await friend.flush();
        for (const options of [{ token: 'wrong-token' }, { token: 'right-token-and-more' }, {}]) {
          const attempt = connect({ servers: guarded.url, reconnect: false, ...options });
          await expect(attempt).rejects.toThrow(/authorization/i);
        }
        const stranger = await raw(guarded.port);
        await stranger.send('SUB > 1\r\n');
        await stranger.whenClosed();
        expect(stranger.received).toBe("-ERR 'Authorization Violation'\r\n");
      });

      it('gives both subscriptions of one client the message, and its own messages back unless told not to', async () => {
        const [talker, quiet] = [await client(), await client({ noEcho: true })];
        const seen: string[] = [];
        for (const [name, connection] of Object.entries({ talker, quiet })) {
          connection.subscribe('both.*', { callback: () => void seen.push(`${name} *`) });
          connection.subscribe('both.x', { callback: () => void seen.push(`${name} x`) });
          await connection.flush();
        }
        talker.publish('both.x');
        await talker.flush();
        await quiet.flush();
        expect(seen.splice(0).sort()).toEqual(['quiet *', 'quiet x', 'talker *', 'talker x']);
        quiet.publish('both.x');
        await quiet.flush();
        await talker.flush();
        expect(seen.sort()).toEqual(['talker *', 'talker x']);
      });
    });

    describe('limits', () => {
      it('takes a payload of exactly the maximum and none above it', async () => {
        const small = await another({ maxPayloadBytes: KIBIBYTE });
        const connection = await client({ servers: small.url });
        expect(connection.info?.max_payload).toBe(KIBIBYTE);
        let received = 0;
        connection.subscribe('limit', {
          callback: (_, message) => {
            received = message.data.length;
          },
        });
        connection.publish('limit', new Uint8Array(KIBIBYTE));
        await connection.flush();
        expect(received).toBe(KIBIBYTE);
        expect(() => connection.publish('limit', new Uint8Array(KIBIBYTE + 1))).toThrow(/max_payload/);
        const stubborn = await raw(small.port);
        await stubborn.send(`${CONNECT}PUB limit ${KIBIBYTE + 1}\r\n${'x'.repeat(KIBIBYTE + 1)}\r\n`);
        await stubborn.whenClosed();
        expect(stubborn.received).toContain("-ERR 'Maximum Payload Violation'\r\n");
      });

      it('disconnects a reader that does not read, and nobody else suffers', async () => {
        const tight = await another({ maxPayloadBytes: 64 * KIBIBYTE, pendingBytesMax: MEBIBYTE });
        const [publisher, healthy] = [await client({ servers: tight.url }), await client({ servers: tight.url })];
        const sleeper = await raw(tight.port);
        await sleeper.exchange(`${CONNECT}SUB flood 1\r\n`);
        sleeper.socket.pause();
        let [next, wrong] = [0, 0];
        healthy.subscribe('flood', {
          callback: (_, message) => {
            if (new DataView(message.data.buffer, message.data.byteOffset).getUint32(0) !== next) wrong += 1;
            next += 1;
          },
        });
        await healthy.flush();
        // 64 MB: more than the kernel buffers of a loopback connection and the bound together.
        for (let n = 0; n < 1_000; n += 1) {
          // A buffer each, because the client sends later what it was given now.
          const payload = Buffer.alloc(64 * KIBIBYTE);
          payload.writeUInt32BE(n);
          publisher.publish('flood', payload);
          if (n % 4 === 3) await publisher.flush();
          if (n % 4 === 3) await healthy.flush();
        }
        expect([next, wrong]).toEqual([1_000, 0]);
        sleeper.socket.resume();
        await sleeper.whenClosed();
        expect(sleeper.received.length).toBeLessThan(1_000 * 64 * KIBIBYTE);
      });
    });
  });
}

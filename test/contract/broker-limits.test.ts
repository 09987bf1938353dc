/** The embedded broker's own bounds (I10): what happens at each, and that it stays with the client that reached it. */
import { connect, type NatsConnection } from 'nats';
import { afterEach, describe, expect, it } from 'vitest';
import { type Broker, type BrokerOptions, PortInUseError, startBroker } from '../../adapters/broker/broker.ts';
import { RawNatsClient } from '../support/raw-nats-client.ts';

const CONNECT = 'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n';
const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

const cleanups: (() => unknown)[] = [];
const warnings: string[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  warnings.length = 0;
});

async function start(options: Partial<BrokerOptions> = {}): Promise<Broker> {
  const silent = () => {};
  const warn = (_: unknown, message: string) => void warnings.push(message);
  const broker = await startBroker({ port: 0, log: { debug: silent, info: silent, warn, error: silent }, ...options });
  cleanups.push(() => broker.close());
  return broker;
}

async function raw(broker: Broker): Promise<RawNatsClient> {
  const connection = await RawNatsClient.connect(broker.port);
  cleanups.push(() => connection.destroy());
  return connection;
}

async function client(broker: Broker): Promise<NatsConnection> {
  const connection = await connect({ servers: broker.url });
  cleanups.push(() => connection.close());
  return connection;
}

describe('a queue group of the embedded broker', () => {
  it('takes turns exactly, while other subscriptions come and go and another subject uses the same queue name', async () => {
    const connection = await raw(await start());
    await connection.exchange(`${CONNECT}SUB work q m1\r\nSUB work q m2\r\nSUB other q o1\r\nSUB other q o2\r\n`);
    const round = 'PUB work 0\r\n\r\nSUB inbox.x 99\r\nPUB other 0\r\n\r\nUNSUB 99\r\n';
    const said = await connection.exchange(round.repeat(50));
    for (const member of ['work m1', 'work m2', 'other o1', 'other o2']) {
      expect(said.split(`MSG ${member} 0`).length - 1).toBe(25);
    }
  });

  it('gets a message once when two patterns of the group match, and passes over a member that wants no echo', async () => {
    const broker = await start();
    const [deaf, other] = [await raw(broker), await raw(broker)];
    await deaf.exchange('CONNECT {"verbose":false,"echo":false}\r\nSUB once.* q 1\r\n');
    await other.exchange(`${CONNECT}SUB once.x q 2\r\n`);
    await deaf.exchange('PUB once.x 0\r\n\r\n'.repeat(10));
    await other.exchange('');
    expect(deaf.received).not.toContain('MSG');
    expect(other.received.split('MSG once.x 2 0').length - 1).toBe(10);
    expect(broker.stats()).toMatchObject({ messagesIn: 10, messagesOut: 10 });
  });
});

describe('the limits of the embedded broker', () => {
  it('counts and logs a slow consumer, and forgets its subscriptions', async () => {
    const broker = await start({ maxPayloadBytes: 64 * KIBIBYTE, pendingBytesMax: MEBIBYTE });
    const [sleeper, publisher] = [await raw(broker), await client(broker)];
    await sleeper.exchange(`${CONNECT}SUB flood 1\r\n`);
    sleeper.socket.pause();
    while (broker.stats().slowConsumers === 0) {
      publisher.publish('flood', new Uint8Array(64 * KIBIBYTE));
      await publisher.flush();
    }
    expect(broker.stats()).toMatchObject({ slowConsumers: 1, subscriptions: 0 });
    expect(warnings).toEqual(['broker disconnected a slow consumer']);
  });

  it('does not mistake a healthy reader for a slow one in a burst larger than the bound', async () => {
    const broker = await start({ maxPayloadBytes: 64 * KIBIBYTE, pendingBytesMax: 256 * KIBIBYTE });
    const [reader, publisher] = [await client(broker), await client(broker)];
    let received = 0;
    reader.subscribe('burst', {
      callback: () => {
        received += 1;
      },
    });
    await reader.flush();
    for (let n = 0; n < 20_000; n += 1) publisher.publish('burst', new Uint8Array(KIBIBYTE));
    await publisher.flush();
    await reader.flush();
    expect(received).toBe(20_000);
    expect(broker.stats().slowConsumers).toBe(0);
  });

  it('bounds the answers to a client that asks and never reads', async () => {
    const broker = await start({ maxPayloadBytes: KIBIBYTE, pendingBytesMax: 64 * KIBIBYTE });
    const asker = await raw(broker);
    asker.socket.pause();
    const pings = Buffer.from('PING\r\n'.repeat(100_000));
    while (broker.stats().slowConsumers === 0) {
      if (asker.socket.writableLength < MEBIBYTE) asker.socket.write(pings);
      await new Promise(setImmediate);
    }
    expect(broker.stats().slowConsumers).toBe(1);
  });

  it('closes a connection that answers no PING and keeps one that does', async () => {
    const broker = await start({ pingIntervalMs: 20, pingsOutstandingMax: 2 });
    const [mute, alive] = [await raw(broker), await raw(broker)];
    let answered = 0;
    alive.socket.on('data', (piece: Buffer) => {
      if (piece.includes('PING')) answered += 1;
      alive.socket.write('PONG\r\n');
    });
    await mute.whenClosed();
    expect(mute.received).toBe("PING\r\nPING\r\n-ERR 'Stale Connection'\r\n");
    const answeredThen = answered;
    await alive.waitUntil(() => answered >= answeredThen + 3);
    expect(alive.closed).toBe(false);
    expect(warnings).toEqual(['broker closed a stale connection']);
  });

  it('refuses one connection too many, and accepts again when one has left', async () => {
    const broker = await start({ connectionsMax: 2 });
    const [first] = [await raw(broker), await raw(broker)];
    const third = await raw(broker);
    await third.whenClosed();
    expect(third.received).toBe("-ERR 'maximum connections exceeded'\r\n");
    first.destroy();
    await first.whenClosed();
    while (broker.stats().connections > 1) await new Promise(setImmediate);
    expect(await (await raw(broker)).exchange(CONNECT)).toBe('');
  });

  it('refuses one subscription too many and goes on', async () => {
    const broker = await start({ subscriptionsPerClientMax: 2 });
    const connection = await raw(broker);
    const said = await connection.exchange(`${CONNECT}SUB a 1\r\nSUB b 2\r\nSUB c 3\r\n`);
    expect(said).toBe("-ERR 'maximum subscriptions exceeded'\r\n");
    expect(await connection.exchange('UNSUB 1\r\nSUB c 3\r\nPUB c 0\r\n\r\n')).toBe('MSG c 3 0\r\n\r\n');
  });

  it('closes a connection that does not present the token in time', async () => {
    const silent = await raw(await start({ token: 'secret', authTimeoutMs: 20 }));
    await silent.whenClosed();
    expect(silent.received).toBe("-ERR 'Authentication Timeout'\r\n");
    expect(silent.info).toMatchObject({ auth_required: true });
  });
});

describe('the life of the embedded broker', () => {
  it('says which port is in use', async () => {
    const broker = await start();
    const attempt = startBroker({ port: broker.port });
    await expect(attempt).rejects.toThrow(PortInUseError);
    await expect(attempt).rejects.toThrow(`port ${broker.port} on 127.0.0.1 is in use`);
  });

  it('names the option that is out of range', async () => {
    await expect(startBroker({ port: 70_000 })).rejects.toThrow('broker option port is an integer from 0 to 65535');
    await expect(startBroker({ port: 0, pendingBytesMax: KIBIBYTE })).rejects.toThrow(/pendingBytesMax/);
  });

  it('sends what is queued before it closes, and closes once', async () => {
    const broker = await start();
    const connection = await raw(broker);
    await connection.exchange(`${CONNECT}SUB last 1\r\n`);
    await connection.send('PUB last 2\r\nhi\r\n');
    while (broker.stats().messagesIn === 0) await new Promise(setImmediate);
    await Promise.all([broker.close(), broker.close()]);
    await connection.whenClosed();
    expect(connection.received).toContain('MSG last 1 2\r\nhi\r\n');
    expect(broker.stats()).toMatchObject({ connections: 0, subscriptions: 0 });
  });

  it('closes in time although a client neither reads nor leaves', async () => {
    const broker = await start({ lingerMs: 20 });
    const connection = await raw(broker);
    await connection.exchange(`${CONNECT}SUB big 1\r\n`);
    connection.socket.pause();
    const publisher = await client(broker);
    for (let n = 0; n < 10; n += 1) publisher.publish('big', new Uint8Array(4 * MEBIBYTE));
    await publisher.flush();
    await broker.close();
    expect(broker.stats().connections).toBe(0);
  });
});

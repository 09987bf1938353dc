/** The proxy of the chaos tests does what its faults are called, seen from both ends of a plain TCP connection. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/engine-process.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';

const WITHIN_MS = 5_000;

/** A server that echoes, and remembers what came and how its connections ended. */
class Echo {
  readonly received: string[] = [];
  readonly endings: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async start(): Promise<Echo> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Echo(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('data', (bytes) => {
        this.received.push(bytes.toString());
        socket.write(bytes);
      });
      socket.on('error', () => this.endings.push('reset'));
      socket.on('end', () => this.endings.push('end'));
    });
  }

  get url(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get text(): string {
    return this.received.join('');
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

class Caller {
  text = '';
  ending: 'open' | 'end' | 'reset' = 'open';
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (bytes) => {
      this.text += bytes.toString();
    });
    this.socket.on('end', () => {
      this.ending = 'end';
    });
    this.socket.on('error', () => {
      this.ending = 'reset';
    });
  }

  async hears(text: string): Promise<void> {
    await until(
      () => this.text === text,
      WITHIN_MS,
      () => `heard "${this.text}" instead of "${text}"`,
    );
  }

  async ends(ending: 'end' | 'reset'): Promise<void> {
    await until(
      () => this.ending === ending,
      WITHIN_MS,
      () => `the connection is ${this.ending}, not ${ending}`,
    );
  }
}

let echo: Echo;
let proxy: FaultProxy;
let callers: Caller[];

beforeEach(async () => {
  echo = await Echo.start();
  proxy = await FaultProxy.start(echo.url);
  callers = [];
});
afterEach(async () => {
  for (const { socket } of callers) socket.destroy();
  await proxy.close();
  echo.stop();
});

function call(): Caller {
  const caller = new Caller(proxy.port);
  callers.push(caller);
  return caller;
}

/** A caller whose connection is through: its first word came back. */
async function connected(): Promise<Caller> {
  const caller = call();
  caller.socket.write('a');
  await caller.hears('a');
  return caller;
}

describe('the fault proxy', () => {
  it('names the same address by way of itself, credentials and database kept', () => {
    expect(proxy.through('postgres://user:secret@localhost:5432/database')).toBe(
      `postgres://user:secret@127.0.0.1:${proxy.port}/database`,
    );
  });

  it('passes bytes and the end of a connection in both directions', async () => {
    const caller = await connected();
    caller.socket.end('b');
    await caller.hears('ab');
    await caller.ends('end');
    await until(
      () => proxy.connections === 0,
      WITHIN_MS,
      () => `${proxy.connections} connections are left`,
    );
  });

  it('passes more than one socket buffer holds, in order', async () => {
    const caller = await connected();
    const sent = Array.from({ length: 200_000 }, (_, index) => String(index).padStart(8, '0')).join('');
    caller.socket.write(sent);
    await until(
      () => caller.text.length === sent.length + 1,
      WITHIN_MS,
      () => `${caller.text.length} bytes came back`,
    );
    expect(caller.text === `a${sent}`).toBe(true);
  });

  it('cuts: resets what is open, refuses what is new, and lets new ones through afterwards', async () => {
    const caller = await connected();
    proxy.cut();
    await caller.ends('reset');
    await call().ends('reset');
    proxy.pass();
    await connected();
    expect(echo.endings).toEqual(['reset']);
  });

  it('is a black hole for open and new connections, and afterwards everything arrives in order', async () => {
    const caller = await connected();
    proxy.blackHole();
    caller.socket.write('b');
    const late = call();
    late.socket.write('x');
    await until(
      () => proxy.kept('toServer').length === 2,
      WITHIN_MS,
      () => 'nothing is held',
    );
    caller.socket.write('c');
    expect([caller.text, late.text, echo.text]).toEqual(['a', '', 'a']);
    expect([caller.ending, late.ending]).toEqual(['open', 'open']);
    proxy.pass();
    await caller.hears('abc');
    await late.hears('x');
  });

  it('delays both directions', async () => {
    const caller = await connected();
    proxy.delay(60);
    const startedAt = performance.now();
    caller.socket.write('b');
    await caller.hears('ab');
    // Timers may fire a millisecond early by this clock; a lower bound holds on the slowest machine.
    expect(performance.now() - startedAt).toBeGreaterThan(115);
  });

  it('holds what goes to the server beyond the life of its connection, while new connections work', async () => {
    const caller = await connected();
    proxy.hold('toServer');
    caller.socket.write('commit');
    await until(
      () => proxy.kept('toServer').includes('commit'),
      WITHIN_MS,
      () => 'nothing is held',
    );
    proxy.dropClients();
    await caller.ends('reset');
    await connected();
    expect([echo.text, echo.endings]).toEqual(['aa', []]);
    proxy.pass();
    await until(
      () => echo.text === 'aacommit',
      WITHIN_MS,
      () => `the server has "${echo.text}"`,
    );
  });

  it('holds answers: the server has done it and nobody knows', async () => {
    const caller = await connected();
    proxy.hold('toClient');
    caller.socket.write('b');
    await until(
      () => echo.text === 'ab' && proxy.kept('toClient').toString() === 'b',
      WITHIN_MS,
      () => 'no answer is held',
    );
    expect(caller.text).toBe('a');
    proxy.pass();
    await caller.hears('ab');
  });

  it('resets connections at random, and stops when told', async () => {
    proxy.resetAtRandom({ seed: 1, meanMs: 5 });
    await until(
      () => {
        if (callers.filter(({ ending }) => ending === 'open').length < 3) call();
        return callers.filter(({ ending }) => ending === 'reset').length >= 5;
      },
      WITHIN_MS,
      () => `${proxy.resets} resets`,
    );
    expect(proxy.resets).toBeGreaterThanOrEqual(5);
    proxy.pass();
    await connected();
  });

  it('resets a caller whose server is away', async () => {
    echo.stop();
    await call().ends('reset');
  });
});

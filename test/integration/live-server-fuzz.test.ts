/**
 * What strangers send to a port: random bytes, halves, floods. The process lives, answers others meanwhile, and keeps
 * no connection of theirs. The seed of a failing run is in the name of its test; LIVE_FUZZ_SEED repeats it.
 */
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { LiveClient } from '../support/live-client.ts';
import { frame, handshake, LiveWire, OPCODES } from '../support/live-wire.ts';
import { eventually, LIVE_SERVERS, type LiveImplementation, LiveWorld, turn } from '../support/live-world.ts';
import { mulberry32 } from '../support/seeded.ts';

const SEED = Number(process.env.LIVE_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const ROUNDS = 60;
const HALF_OPEN = 200;
const OPEN_FILES = '/proc/self/fd';

class Dice {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = mulberry32(seed);
  }

  /** From 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.#next() * end);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Cuts into pieces that TCP may bring one by one. */
  pieces(data: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    for (let at = 0; at < data.length; ) {
      const length = 1 + this.below(this.pick([3, 50, 5_000]));
      pieces.push(data.subarray(at, at + length));
      at += length;
    }
    return pieces;
  }

  /** With some bytes changed, cut out or put in twice. */
  mangled(data: Buffer): Buffer {
    let mangled = Buffer.from(data);
    for (let change = this.below(4); change >= 0; change -= 1) {
      const at = this.below(mangled.length + 1);
      const before = mangled.subarray(0, at);
      const after = mangled.subarray(at);
      const kind = this.below(3);
      if (kind === 0) mangled = Buffer.concat([before, this.bytes(1), after.subarray(1)]);
      else if (kind === 1) mangled = Buffer.concat([before, after.subarray(this.below(20))]);
      else mangled = Buffer.concat([before, before.subarray(-this.below(20)), after]);
    }
    return mangled;
  }
}

const PATHS = [
  '/',
  '//',
  '/../',
  '/..%2f..%2f',
  '/%00',
  '/%2e%2e/%2e%2e',
  '/%',
  '/%c0%af',
  '/?%',
  '/a;b',
  '/\\..\\',
  '/feed/..',
];

/** A request that is right, or nearly. */
function request(dice: Dice): Buffer {
  const path = dice.pick(PATHS).repeat(1 + dice.below(4));
  const kinds: (() => string)[] = [
    () => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`,
    () => `HEAD ${path} HTTP/1.1\r\nhost: x\r\nrange: bytes=0-${'9'.repeat(dice.below(30))}\r\n\r\n`,
    () =>
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${dice.below(9_000)}\r\n\r\n${'b'.repeat(dice.below(9_000))}`,
    () =>
      `POST ${path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nfffffffff\r\n${'c'.repeat(dice.below(99))}`,
    () => `GET ${path} HTTP/1.1\r\nhost: x\r\n${'x-flood: y\r\n'.repeat(dice.below(3_000))}\r\n`,
    () => `GET ${path} HTTP/1.1\r\nhost: x\r\nx-large: ${'z'.repeat(dice.below(40_000))}\r\n\r\n`,
    () => `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n`,
    () => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(1 + dice.below(50)),
    () => handshake(dice.pick(['/feed', path])),
    () => handshake('/feed', { 'sec-websocket-protocol': `,, ${'p,'.repeat(dice.below(500))}\u00e9` }),
  ];
  return Buffer.from(dice.pick(kinds)(), 'latin1');
}

/** Frames that are right, or nearly: fragments, floods, lies about lengths. */
function frames(dice: Dice): Buffer {
  const opcodes = Object.values(OPCODES);
  const one = (): Buffer =>
    frame(dice.pick([...opcodes, dice.below(16)]), dice.bytes(dice.below(dice.pick([5, 130, 3_000]))), {
      fin: dice.below(4) > 0,
      masked: dice.below(10) > 0,
    });
  return Buffer.concat(Array.from({ length: 1 + dice.below(30) }, one));
}

/** TCP connections of this process; empty where the system doesn't show them. */
function openFiles(): number {
  return process.platform === 'linux' ? readdirSync(OPEN_FILES).length : 0;
}

for (const implementation of LIVE_SERVERS) {
  describe.skipIf(implementation.isMissing)(`strangers of seed ${SEED} on ${implementation.name}`, () => {
    const worlds: LiveWorld[] = [];

    afterEach(async () => {
      await Promise.all(worlds.splice(0).map((world) => world.close()));
    });

    async function open(): Promise<LiveWorld> {
      const world = await startWorld(implementation);
      worlds.push(world);
      return world;
    }

    /** Somebody else is served as if nothing was, and after everybody left nothing is kept. */
    async function isUnharmed(world: LiveWorld, wires: readonly LiveWire[], filesBefore: number): Promise<void> {
      await eventually(
        () => wires.every(({ closed, socket }) => closed || (!socket.connecting && socket.writableLength === 0)),
        () => 'what strangers send is not read',
      );
      const client = await LiveClient.open(world, 'bystander');
      const socket = await world.socket('bystander');
      socket.subscribe('t');
      world.server.publish('t', 'published');
      client.ws.send('asked');
      await eventually(() => client.messages.includes('echo asked'));
      expect(client.messages).toContain('published');
      expect((await fetch(world.server.url)).status).toBe(200);
      client.ws.terminate();
      for (const wire of wires) wire.socket.destroy();
      await eventually(
        () => world.server.stats.sockets === 0,
        () => `${world.server.stats.sockets} sockets are kept`,
      );
      const opened = world.events.filter((event) => event.startsWith('opened')).length;
      const closed = world.events.filter((event) => event.startsWith('closed')).length;
      expect(closed).toBe(opened);
      expect(world.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
      await world.close();
      // The client of `fetch` keeps a few connections of its own for later.
      await eventually(
        () => openFiles() <= filesBefore + 5,
        () => `${openFiles()} files are open, ${filesBefore} were before`,
      );
    }

    it('survives random bytes instead of a request', async () => {
      const dice = new Dice(SEED);
      const world = await open();
      const files = openFiles();
      const wires: LiveWire[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const wire = new LiveWire(world.server.port);
        wires.push(wire);
        for (const piece of dice.pieces(dice.bytes(dice.below(20_000)))) wire.write(piece);
        if (dice.below(3) === 0) wire.socket.end();
      }
      await isUnharmed(world, wires, files);
    });

    it('survives requests with oversized headers, path tricks, false lengths and changed bytes', async () => {
      const dice = new Dice(SEED + 1);
      const world = await open();
      const files = openFiles();
      const wires: LiveWire[] = [];
      for (let round = 0; round < ROUNDS * 3; round += 1) {
        const wire = new LiveWire(world.server.port);
        wires.push(wire);
        const sent = request(dice);
        for (const piece of dice.pieces(dice.below(2) === 0 ? sent : dice.mangled(sent))) wire.write(piece);
        if (dice.below(4) === 0) wire.socket.destroy();
        if (round % 10 === 0) await turn(dice.below(5));
      }
      await turn(20);
      for (const { path } of world.requests) expect(path).toMatch(/^\//);
      await isUnharmed(world, wires, files);
    });

    it('survives random bytes and broken frames after the upgrade, and connections that break', async () => {
      const dice = new Dice(SEED + 2);
      const world = await open();
      const files = openFiles();
      const wires = await Promise.all(
        Array.from({ length: ROUNDS }, (_, index) => LiveWire.upgraded(world.server.port, `s${index}`)),
      );
      for (const wire of wires) {
        const sent = dice.below(3) === 0 ? dice.bytes(dice.below(5_000)) : frames(dice);
        for (const piece of dice.pieces(dice.below(2) === 0 ? sent : dice.mangled(sent))) wire.write(piece);
        world.server.publish('t', 'meanwhile');
        const end = dice.below(8);
        if (end === 0) wire.socket.resetAndDestroy();
        else if (end === 1) wire.socket.end();
        if (dice.below(5) === 0) await turn(1);
      }
      await turn(20);
      await isUnharmed(world, wires, files);
    });

    it('survives a flood of messages from clients that do not read the answers', async () => {
      const dice = new Dice(SEED + 3);
      const world = await open();
      const files = openFiles();
      const wires = await Promise.all(
        Array.from({ length: 5 }, (_, index) => LiveWire.upgraded(world.server.port, `s${index}`)),
      );
      for (const wire of wires) {
        wire.socket.pause();
        const message = frame(OPCODES.text, 'm'.repeat(1 + dice.below(900)));
        for (let count = 0; count < 3_000; count += 1) wire.write(message);
        wire.write(frame(OPCODES.text, 'last'));
      }
      for (let index = 0; index < wires.length; index += 1) {
        await eventually(() => world.count(`message s${index} last`) === 1);
      }
      await isUnharmed(world, wires, files);
    });

    it(`survives ${HALF_OPEN} connections that stop in the middle of something`, async () => {
      const dice = new Dice(SEED + 4);
      const world = await open();
      const files = openFiles();
      const wires: LiveWire[] = [];
      for (let index = 0; index < HALF_OPEN; index += 1) {
        const wire = new LiveWire(world.server.port);
        wires.push(wire);
        const whole = dice.below(2) === 0 ? Buffer.from(handshake('/feed?name=half')) : request(dice);
        wire.write(whole.subarray(0, dice.below(whole.length)));
      }
      await turn(20);
      await isUnharmed(world, wires, files);
    });
  });
}

/** Answers each message, and each request after a while. */
function startWorld(implementation: LiveImplementation): Promise<LiveWorld> {
  return LiveWorld.open(
    implementation,
    { bufferedBytesMax: 65_536 },
    {
      http: async ({ body }) => {
        await turn(2);
        return { status: 200, headers: { 'content-type': 'text/plain' }, body };
      },
      message: (socket, text) => socket.send(`echo ${text}`),
      opened: (socket) => socket.subscribe('t'),
    },
  );
}

/**
 * `coinpilot collector` as a process: what it refuses, what it says of itself, that a cluster counts it as no Pod; and that
 * the processes of a cluster need no folder of their own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCollector } from '../support/collector-process.ts';
import { EngineHome, EngineProcess, until } from '../support/engine-process.ts';
import { sql } from '../support/ledger-audit.ts';
import { NATS_IMPLEMENTATIONS, type RunningNats } from '../support/nats-implementations.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { insist } from '../support/wire.ts';

const SYMBOL = 'KRW-SOL';
const FEED = ['--feed', 'demo', '--speed', '600', '--symbol', SYMBOL];
const CHANGED_MS_MAX = 40_000;
const USAGE = 2;
const REFUSED = 1;
/** A user who owns nothing. */
const NOBODY = 65_534;
const COMMAND = fileURLToPath(new URL('../../coinpilot.mjs', import.meta.url));

let database: TestDatabase;
let broker: RunningNats;
let home: EngineHome;
let collector: TestCollector;

beforeAll(async () => {
  database = await createDatabase('collector command');
  broker = await NATS_IMPLEMENTATIONS[0]!.start();
  home = await EngineHome.create();
  collector = await TestCollector.start('collector-a', { databaseUrl: database.url, natsUrl: broker.url }, FEED);
});

afterAll(async () => {
  await collector?.remove();
  await home?.remove();
  await broker?.stop();
  await database?.drop();
});

function run(...options: string[]): EngineProcess {
  return new EngineProcess(['collector', '--http-port', '0', ...options], home.folder, {});
}

const servers = () => ['--database-url', database.url, '--nats-url', broker.url];

describe('a collector', () => {
  it('is refused by a ledger of another feed', async () => {
    const file = `${home.folder}/market.csv`;
    await writeFile(file, 'time,open,high,low,close,volume\n1704067200,1,1,1,1,1\n1704067260,1,1,1,1,1\n');
    const other = run(...servers(), '--feed', `file:${file}`, '--symbol', SYMBOL);
    expect((await other.whenExited()).code).toBe(REFUSED);
    expect(other.log).toMatch(/belongs to venue "paper" with feed "demo".*never mix/);
    expect(other.lines).toEqual([]);
  });

  it('has to be told its feed and its servers, and plays no faster than can be waited for', async () => {
    const wrong = run('--speed', 'max');
    expect((await wrong.whenExited()).code).toBe(USAGE);
    for (const name of ['DATABASE_URL', 'NATS_URL', '--feed', '--speed']) expect(wrong.log).toContain(name);
  });

  it('says what it does, and is no Pod', async () => {
    const pod = home.run('pod', '--pod', 'pod-a', ...servers());
    await pod.whenReady();
    expect(await collector.status()).toMatchObject({
      ready: true,
      collector: 'collector-a',
      role: 'active',
      epoch: expect.any(Number),
      feed: 'demo',
      symbols: [SYMBOL],
    });
    const nc = await connect({ servers: broker.url });
    const view = await insist<{ pods: { pod: string }[]; singletons: unknown[]; symbols: { symbol: string }[] }>(
      nc,
      'cp.cluster.get',
      {},
    );
    await nc.close();
    expect(view.pods.map(({ pod: name }) => name)).toEqual(['pod-a']);
    expect(view.symbols.map(({ symbol }) => symbol)).toEqual([SYMBOL]);
    expect(view.singletons).toContainEqual({
      name: 'collector',
      owner: 'collector-a',
      epoch: expect.any(Number),
    });
    expect(await pod.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('hands over when it is asked to end, without waiting for its lease', async () => {
    const next = await TestCollector.start('collector-b', { databaseUrl: database.url, natsUrl: broker.url }, FEED);
    expect(await next.role()).toBe('standby');
    expect(await collector.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    const rows = await sql<{ owner: string | null }>(
      database.url,
      `select owner from singletons where name = 'collector'`,
    );
    expect(rows[0]?.owner, 'nobody or the next one').not.toBe('collector-a');
    await until(
      async () => (await next.role()) === 'active',
      CHANGED_MS_MAX,
      () => next.process.log.slice(-2_000),
    );
    expect(await next.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    await next.remove();
    await collector.restart();
    expect(await collector.role()).toBe('active');
  });
});

describe.runIf(process.getuid?.() === 0)(
  'as a user without home and folder, in a folder it may not write (needs root)',
  () => {
    it.each([
      ['pod', []],
      ['collector', FEED],
      ['gateway', []],
    ])('a %s serves, writes its log as lines of JSON, and ends with code 0', async (command, options) => {
      const { PATH } = process.env;
      const child = spawn(
        process.execPath,
        [COMMAND, command, '--json', '--http-port', '0', ...servers(), ...options],
        {
          cwd: '/proc',
          env: { PATH },
          uid: NOBODY,
          gid: NOBODY,
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      const output = { out: '', log: '' };
      child.stdout.on('data', (piece: Buffer) => (output.out += piece.toString()));
      child.stderr.on('data', (piece: Buffer) => (output.log += piece.toString()));
      try {
        await until(
          () => output.out.includes('"ready":true'),
          CHANGED_MS_MAX,
          () => `not ready: ${output.log}`,
        );
        child.kill('SIGTERM');
        expect(await ended(child), output.log).toBe(0);
        const lines = output.log.trim().split('\n');
        expect(lines.length).toBeGreaterThan(0);
        for (const line of lines)
          expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), msg: expect.any(String) });
      } finally {
        child.kill('SIGKILL');
      }
    });
  },
);

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

/**
 * What probes hear of every process of a cluster: alive from the first second to the last, ready only while it serves. A
 * server that is away is no reason to be killed, and whoever drains is not ready but there.
 */
import { createServer } from 'node:net';
import { connect } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome, EngineProcess, until } from '../support/engine-process.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { TOKENS } from '../support/gateway-process.ts';
import { sql } from '../support/ledger-audit.ts';
import { NATS_IMPLEMENTATIONS, type RunningNats } from '../support/nats-implementations.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { insist } from '../support/wire.ts';

const CHANGED_MS_MAX = 40_000;
const SYMBOLS = Array.from({ length: 100 }, (_, index) => `KRW-T${index}`);

interface Process {
  readonly command: string;
  readonly options: readonly string[];
}

const PROCESSES: readonly Process[] = [
  { command: 'pod', options: [] },
  { command: 'collector', options: ['--feed', 'demo'] },
  { command: 'gateway', options: [] },
];

let database: TestDatabase;
let broker: RunningNats;
let postgres: FaultProxy;
let nats: FaultProxy;
let home: EngineHome;
/** A Pod that is there all the time: a gateway without one has nobody to show. */
let other: EngineProcess;
const started: EngineProcess[] = [];

beforeAll(async () => {
  database = await createDatabase('probes');
  broker = await NATS_IMPLEMENTATIONS[0]!.start();
  postgres = await FaultProxy.start(database.url);
  nats = await FaultProxy.start(broker.url);
  home = await EngineHome.create();
  other = home.run('pod', '--pod', 'other', '--database-url', database.url, '--nats-url', broker.url);
  await other.whenReady();
});

afterAll(async () => {
  for (const process of started) await process.kill('SIGKILL');
  await home?.remove();
  await postgres?.close();
  await nats?.close();
  await broker?.stop();
  await database?.drop();
});

interface Probed {
  readonly process: EngineProcess;
  /** Status of a probe: 0 when nobody answers. */
  readonly probe: (path: 'live' | 'ready') => Promise<number>;
}

/** Starts a process without waiting for anything, on a port that is known before it says so. */
async function start({ command, options }: Process, ...more: string[]): Promise<Probed> {
  const port = await freePort();
  const servers = ['--database-url', postgres.through(database.url), '--nats-url', nats.through(broker.url)];
  const process = new EngineProcess(
    [command, '--json', ...servers, '--http-port', String(port), ...options, ...more],
    home.folder,
    TOKENS,
  );
  started.push(process);
  const probe = (path: string): Promise<number> =>
    fetch(`http://127.0.0.1:${port}/healthz/${path}`, { signal: AbortSignal.timeout(5_000) }).then(
      ({ status }) => status,
      () => 0,
    );
  return { process, probe };
}

async function becomes({ process, probe }: Probed, path: 'live' | 'ready', status: number): Promise<void> {
  let last = 0;
  await until(
    async () => {
      last = await probe(path);
      return last === status;
    },
    CHANGED_MS_MAX,
    () => `${path} is ${last}, not ${status}: ${process.log.slice(-2_000)}`,
  );
}

describe.each(PROCESSES)('the probes of a $command', (command) => {
  it('say that it lives from first to last, and that it is ready only while it serves', async () => {
    postgres.cut();
    nats.cut();
    const probed = await start(command);
    const { process, probe } = probed;
    await becomes(probed, 'live', 200);
    expect(await probe('ready'), 'before there is a NATS').toBe(503);
    nats.pass();
    await until(
      () => process.log.includes('Postgres at'),
      CHANGED_MS_MAX,
      () => process.log,
    );
    expect([await probe('live'), await probe('ready')], 'before there is a Postgres').toEqual([200, 503]);
    postgres.pass();
    await becomes(probed, 'ready', 200);

    postgres.cut();
    nats.cut();
    await becomes(probed, 'ready', 503);
    expect(await probe('live'), 'without servers').toBe(200);
    postgres.pass();
    nats.pass();
    await becomes(probed, 'ready', 200);

    // Whatever is said to Postgres is not answered, and so the end takes a while.
    postgres.hold('toClient');
    process.signal('SIGTERM');
    await becomes(probed, 'ready', 503);
    expect(await probe('live'), 'while it ends').toBe(200);
    postgres.pass();
    expect(await process.whenExited()).toEqual({ code: 0, signal: null });
  });
});

describe('a Pod with a hundred symbols', () => {
  it('hands them over and ends with code 0 long before it would be killed', async () => {
    const { process } = await start(PROCESSES[0]!, '--pod', 'draining');
    await process.whenReady();
    const nc = await connect({ servers: broker.url });
    await insist(nc, 'cp.cluster.add', { symbols: SYMBOLS });
    await nc.close();
    await whenOwned(`owner = 'draining'`, SYMBOLS.length / 3);
    const metrics = await (await fetch(`${process.ready.http}/metrics`)).text();
    expect(Number(/^coinpilot_symbols (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(SYMBOLS.length / 3);
    expect(metrics).toMatch(/^coinpilot_commands_total 0$/m);
    // A stop that had to be forced, after 30 s, does not end with 0.
    const at = performance.now();
    expect(await process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    console.warn(
      `probes: a third of ${SYMBOLS.length} symbols, and more, were handed over in ${Math.round(performance.now() - at)} ms`,
    );
    await whenOwned(`owner = 'other'`, SYMBOLS.length);
  });
});

async function whenOwned(condition: string, least: number): Promise<void> {
  await until(
    async () => {
      const rows = await sql<{ count: number }>(
        database.url,
        `select count(*)::int as count from positions where symbol = any ($1) and ${condition}`,
        [SYMBOLS],
      );
      return (rows[0]?.count ?? 0) >= least;
    },
    CHANGED_MS_MAX,
    () => `${least} symbols where ${condition}: ${other.log.slice(-2_000)}`,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

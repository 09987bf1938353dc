/** The embedded Postgres launcher against real processes: what a start does with everything a crash can leave behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, query, useLauncher, usePreparedState } from '../support/embedded-postgres.ts';

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';
const launcher = new URL('../../adapters/embedded-postgres/server.ts', import.meta.url).href;
const fixture = useLauncher();
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** An engine of its own process that starts the server and then waits to be killed. */
function startInAnotherEngine(): ChildProcess {
  const silent = '{ debug() {}, info() {}, warn() {}, error() {} }';
  const options = `{ stateDirectory: ${JSON.stringify(fixture.state)}, port: 0, log: ${silent} }`;
  const program = `import { startEmbeddedPostgres } from ${JSON.stringify(launcher)};
    await startEmbeddedPostgres(${options});
    console.log('up');
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

describe('a first start', () => {
  it('serves with durable settings in UTC, and keeps its password to itself', async () => {
    const server = await fixture.start();
    const settings = ['fsync', 'synchronous_commit', 'full_page_writes', 'timezone', 'listen_addresses'];
    const [row] = await query(
      server,
      `select ${settings.map((name) => `current_setting('${name}') as ${name}`).join(', ')},
         current_setting('server_encoding') as encoding, current_setting('unix_socket_directories') as sockets`,
    );
    expect(row).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      timezone: 'UTC',
      listen_addresses: '127.0.0.1',
      encoding: 'UTF8',
      sockets: '',
    });
    expect(server.adopted).toBe(false);
    expect(await server.isRunning()).toBe(true);
    expect((await lstat(join(fixture.state, 'postgres/password'))).mode & 0o777).toBe(0o600);
    const wrong = new Client({ connectionString: server.url.replace(/:[^:@]+@/, ':wrong@') });
    await expect(wrong.connect()).rejects.toThrow('password authentication failed');
  });

  it('makes the data again when an engine was killed while making it', async () => {
    const engine = startInAnotherEngine();
    const unfinished = async () => {
      const names = existsSync(join(fixture.state, 'postgres')) ? await readdir(join(fixture.state, 'postgres')) : [];
      return names.filter((name) => name.startsWith('unfinished-'));
    };
    await eventually(async () => (await unfinished()).length > 0);
    engine.kill('SIGKILL');
    const server = await fixture.start();
    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await unfinished()).toEqual([]);
  });

  it('gives two starts at the same time the same server', async () => {
    const [first, second] = await Promise.all([fixture.start(), fixture.start()]);
    expect(second.url).toBe(first.url);
    expect([first.adopted, second.adopted].sort()).toEqual([false, true]);
  });

  it('says that the port asked for is taken', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    try {
      await expect(fixture.start(port)).rejects.toThrow(`port ${port} on 127.0.0.1 is taken`);
    } finally {
      other.close();
    }
  });
});

describe('another start', () => {
  usePreparedState(fixture);

  it('finds data and port again after a stop', async () => {
    const before = await fixture.start();
    await query(before, 'create table kept as select 42 as answer');
    await before.stop();
    const after = await fixture.start();
    expect(after.adopted).toBe(false);
    expect(after.url).toBe(before.url);
    expect(await query(after, 'select * from kept')).toEqual([{ answer: 42 }]);
  });

  it('adopts the server of an engine that was killed', async () => {
    const engine = startInAnotherEngine();
    await new Promise((up) => engine.stdout?.once('data', up));
    const pid = await fixture.postmasterPid();
    engine.kill('SIGKILL');
    await new Promise((ended) => engine.once('exit', ended));
    const server = await fixture.start();
    expect(server.adopted).toBe(true);
    expect(await fixture.postmasterPid()).toBe(pid);
    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('moves an adopted server to the port asked for by number', async () => {
    const first = await fixture.start();
    await first.stop();
    const elsewhere = await fixture.start();
    const wanted = await fixture.start(elsewhere.port === 29_998 ? 29_997 : elsewhere.port + 1);
    expect(wanted.port).not.toBe(elsewhere.port);
    expect(wanted.adopted).toBe(false);
    expect(await wanted.isRunning()).toBe(true);
  });

  it('takes another port when the last one was taken meanwhile', async () => {
    const before = await fixture.start();
    await before.stop();
    const other = createServer();
    await new Promise<void>((listening) => other.listen(before.port, '127.0.0.1', listening));
    try {
      const after = await fixture.start();
      expect(after.port).not.toBe(before.port);
      expect(await after.isRunning()).toBe(true);
    } finally {
      other.close();
    }
  });

  it('is refused with other data than the programs can open', async () => {
    await (await fixture.start()).stop();
    await writeFile(join(fixture.dataFolder, 'PG_VERSION'), '9\n');
    await expect(fixture.start()).rejects.toThrow('the data was made by 9');
  });
});

describe('after kill -9 of the server', () => {
  usePreparedState(fixture);

  it('recovers what was committed, on the same port', async () => {
    const before = await fixture.start();
    await query(before, 'create table kept as select 42 as answer');
    await fixture.killPostmaster(before);
    const after = await fixture.start();
    expect(after.port).toBe(before.port);
    expect(after.adopted).toBe(false);
    expect(await query(after, 'select * from kept')).toEqual([{ answer: 42 }]);
  });

  it.runIf(isLinux)('ends backends that live on, busy or stopped, before it starts', async () => {
    const before = await fixture.start();
    const backends = await Promise.all(
      ['select count(*) from generate_series(1, 1000000000000)', 'select 1'].map(async (text) => {
        const client = new Client({ connectionString: before.url });
        client.on('error', () => undefined);
        await client.connect();
        const { rows } = await client.query('select pg_backend_pid() as pid');
        client.query(text).catch(() => undefined);
        return (rows as { pid: number }[])[0]?.pid ?? 0;
      }),
    );
    const [busy = 0, stopped = 0] = backends;
    const activity = `select 1 from pg_stat_activity where pid = ${busy} and state = 'active'`;
    await eventually(async () => (await query(before, activity)).length === 1);
    process.kill(stopped, 'SIGSTOP');
    await fixture.killPostmaster(before);
    expect(backends.map(isAlive)).toEqual([true, true]);
    const after = await fixture.start();
    expect(await query(after, 'select 1 as one')).toEqual([{ one: 1 }]);
    await eventually(() => !backends.some(isAlive));
  });

  it('is not misled by a lock file whose process id went to another program', async () => {
    const before = await fixture.start();
    await query(before, 'create table kept as select 42 as answer');
    await fixture.killPostmaster(before);
    const { uid, gid } = await lstat(fixture.dataFolder);
    const stranger = spawn('sleep', ['600'], { ...(isRoot ? { uid, gid } : {}), cwd: '/', stdio: 'ignore' });
    children.push(stranger);
    const lines = (await readFile(fixture.lockFile, 'utf8')).split('\n');
    await writeFile(fixture.lockFile, [stranger.pid, ...lines.slice(1)].join('\n'));
    const after = await fixture.start();
    expect(await query(after, 'select * from kept')).toEqual([{ answer: 42 }]);
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
  });

  it('starts over an empty lock file, as a power cut leaves it', async () => {
    await fixture.killPostmaster(await fixture.start());
    await writeFile(fixture.lockFile, '');
    expect(await (await fixture.start()).isRunning()).toBe(true);
  });
});

describe('a stop', () => {
  usePreparedState(fixture);

  it('may be asked for twice, at once and again, and of a server that was killed', async () => {
    const server = await fixture.start();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(await server.isRunning()).toBe(false);
    const killed = await fixture.start();
    await fixture.killPostmaster(killed);
    await killed.stop();
  });

  it('leaves the server alone that another start has put in its place', async () => {
    const before = await fixture.start();
    await fixture.killPostmaster(before);
    const after = await fixture.start();
    await before.stop();
    expect(await after.isRunning()).toBe(true);
  });
});

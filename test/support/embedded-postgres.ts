/**
 * Embedded servers for the launcher's own tests: a folder for each test, every server in it stopped afterwards. Tests
 * of what uses a database take one from postgres.ts instead.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type LaunchOptions, launchPostgres } from '../../adapters/embedded-postgres/launch.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../adapters/embedded-postgres/server.ts';
import type { Log } from '../../protocol/ports/log.ts';

const log: Log = { debug() {}, info() {}, warn() {}, error() {} };

export class LauncherFixture {
  /** The test's own folder, which every user may enter. */
  folder = '';
  /** Where the servers' state goes; inside `folder`. */
  state = '';
  private servers: EmbeddedPostgres[] = [];

  async open(): Promise<void> {
    this.folder = await makeFolder();
    this.state = join(this.folder, 'state folder');
  }

  async close(): Promise<void> {
    for (const server of this.servers) await server.stop();
    this.servers = [];
    await rm(this.folder, { recursive: true, force: true });
  }

  async start(port = 0): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ stateDirectory: this.state, port, log });
    this.servers.push(server);
    return server;
  }

  async launch(options: Partial<LaunchOptions>): Promise<EmbeddedPostgres> {
    const server = await launchPostgres({ stateDirectory: this.state, port: 0, log, ...options });
    this.servers.push(server);
    return server;
  }

  get dataFolder(): string {
    return join(this.state, 'postgres/data');
  }

  get lockFile(): string {
    return join(this.dataFolder, 'postmaster.pid');
  }

  async postmasterPid(): Promise<number> {
    return Number((await readFile(this.lockFile, 'utf8')).split('\n')[0]);
  }

  async killPostmaster(server: EmbeddedPostgres): Promise<void> {
    process.kill(await this.postmasterPid(), 'SIGKILL');
    await eventually(async () => !(await server.isRunning()));
  }
}

/** Registers the hooks of a test file. */
export function useLauncher(): LauncherFixture {
  const fixture = new LauncherFixture();
  beforeEach(() => fixture.open());
  afterEach(() => fixture.close());
  return fixture;
}

/**
 * For tests that are not about a first start: their state folder is a copy of one whose server has run and stopped,
 * owners and modes included. Called inside `describe`.
 */
export function usePreparedState(fixture: LauncherFixture): void {
  let prepared = '';
  beforeAll(async () => {
    prepared = await makeFolder();
    const server = await startEmbeddedPostgres({ stateDirectory: join(prepared, 'state folder'), port: 0, log });
    await server.stop();
  });
  beforeEach(async () => {
    await promisify(execFile)('cp', ['-a', join(prepared, 'state folder'), fixture.state]);
    // Copies are used at the same time by runs side by side, and each finds a port of its own.
    await rm(join(fixture.state, 'postgres/port'));
  });
  afterAll(() => rm(prepared, { recursive: true, force: true }));
}

export async function query(server: EmbeddedPostgres, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

/** Polls: for what another process does in its own time. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('what the test waits for did not happen');
    await new Promise((resume) => setTimeout(resume, 10));
  }
}

/** A space in every path: one unquoted argument anywhere would show. */
async function makeFolder(): Promise<string> {
  const made = await realpath(await mkdtemp(join(tmpdir(), 'coinpilot embedded-')));
  await chmod(made, 0o755);
  return made;
}

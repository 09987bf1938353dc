/**
 * A gateway as operators run it: a process of `coinpilot gateway` in front of servers that somebody else owns, on one port
 * over kills and restarts. Asks it over HTTP and looks at its memory from outside.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EngineProcess, type Exit } from './engine-process.ts';

export interface GatewayOptions {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  /** Tokens and whatever else is set by environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Tokens long enough to be taken. */
export const READ_TOKEN = 'read-token-of-the-tests';
export const CONTROL_TOKEN = 'control-token-of-the-tests';
export const TOKENS = { COINPILOT_READ_TOKEN: READ_TOKEN, COINPILOT_CONTROL_TOKEN: CONTROL_TOKEN } as const;

const run = promisify(execFile);

export class TestGateway {
  /** The one that runs now, or ran last. */
  process!: EngineProcess;
  /** The same over restarts. */
  url = '';
  readonly #options: GatewayOptions;
  readonly #folder: string;

  /** Resolves when it says that it serves, on any free port. */
  static async start(options: GatewayOptions): Promise<TestGateway> {
    const gateway = new TestGateway(options, await mkdtemp(join(tmpdir(), 'coinpilot-gateway-')));
    await gateway.#launch('0');
    return gateway;
  }

  private constructor(options: GatewayOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Of the feed. */
  get feed(): string {
    return `${this.url.replace(/^http/, 'ws')}/feed`;
  }

  /** kill -9. */
  kill(): Promise<Exit> {
    return this.process.kill('SIGKILL');
  }

  /** After its process has ended, on the same port. */
  restart(): Promise<void> {
    return this.#launch(String(this.port));
  }

  get(path: string, token?: string): Promise<Response> {
    return fetch(this.url + path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  }

  /** A number of `/metrics`, without labels. */
  async metric(name: string, token?: string): Promise<number> {
    const text = await (await this.get('/metrics', token)).text();
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`there is no metric ${name} in ${text.slice(0, 200)}`);
    return Number(value);
  }

  /** Memory that is resident, in MiB, as `ps` counts it. */
  async residentMiB(): Promise<number> {
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(this.process.pid)]);
    return Number(stdout) / 1_024;
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #launch(port: string): Promise<void> {
    const { databaseUrl, natsUrl, environment = {} } = this.#options;
    const servers = ['--database-url', databaseUrl, '--nats-url', natsUrl, '--http-port', port];
    this.process = new EngineProcess(['gateway', '--json', ...servers], this.#folder, environment);
    this.url = (await this.process.whenReady()).http;
  }
}

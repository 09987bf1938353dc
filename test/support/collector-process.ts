/** A collector as operators run it: a process of `coinpilot collector` on servers that somebody else owns. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineProcess } from './engine-process.ts';

export interface CollectorServers {
  readonly databaseUrl: string;
  readonly natsUrl: string;
}

export class TestCollector {
  readonly name: string;
  /** The one that runs now, or ran last. */
  process!: EngineProcess;
  url = '';
  readonly #options: readonly string[];
  readonly #folder: string;

  /** Resolves when it says that it is active or stands by. */
  static async start(name: string, servers: CollectorServers, feed: readonly string[]): Promise<TestCollector> {
    const folder = await mkdtemp(join(tmpdir(), 'coinpilot-collector-'));
    const collector = new TestCollector(name, servers, feed, folder);
    await collector.restart();
    return collector;
  }

  private constructor(name: string, servers: CollectorServers, feed: readonly string[], folder: string) {
    this.name = name;
    this.#folder = folder;
    const { databaseUrl, natsUrl } = servers;
    this.#options = ['--pod', name, '--database-url', databaseUrl, '--nats-url', natsUrl, '--http-port', '0', ...feed];
  }

  /** After its process has ended. */
  async restart(): Promise<void> {
    this.process = new EngineProcess(['collector', '--json', ...this.#options], this.#folder, {});
    this.url = (await this.process.whenReady()).http;
  }

  async status(): Promise<Readonly<Record<string, unknown>>> {
    const response = await fetch(`${this.url}/api/status`);
    return (await response.json()) as Record<string, unknown>;
  }

  async role(): Promise<unknown> {
    return (await this.status()).role;
  }

  async remove(): Promise<void> {
    await this.process.kill('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
  }
}

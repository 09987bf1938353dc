/**
 * A real nats-server on loopback, for tests that must hold against the original and not only against our broker.
 * It is Debian's; scripts/install-test-servers.sh installs it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface NatsServerOptions {
  /** Default: any free port. */
  readonly port?: number;
  readonly token?: string;
  /** Default 4 MiB, like the embedded broker. */
  readonly maxPayloadBytes?: number;
  /** Bytes that may wait for one client; default 64 MiB. */
  readonly pendingBytesMax?: number;
}

export interface NatsServer {
  /** nats://127.0.0.1:port, without the token. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Sends a signal; for one that ends the process, waits until it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const DEFAULT_MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
const DEFAULT_PENDING_BYTES_MAX = 64 * 1024 * 1024;
const START_DEADLINE_MS = 15_000;
const POLL_MS = 10;
/** Signals after which the process goes on living. */
const HARMLESS: ReadonlySet<NodeJS.Signals> = new Set(['SIGSTOP', 'SIGCONT', 'SIGUSR1', 'SIGHUP']);

/** Where it is; undefined where it is not installed. */
export const natsServerBinary: string | undefined = findBinary();
const binary = natsServerBinary;

export const hasNatsServer: boolean = binary !== undefined;

/** Throws when the binary is missing, and with the server's own output when it does not come up. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  if (binary === undefined) throw new Error('nats-server is missing: run scripts/install-test-servers.sh');
  const folder = mkdtempSync(join(tmpdir(), 'coinpilot-nats-'));
  const configuration = join(folder, 'server.conf');
  writeFileSync(configuration, configurationText(options, folder));
  const child = spawn(binary, ['-c', configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (piece: Buffer) => {
    output = (output + piece.toString()).slice(-4_000);
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const killWithTest = () => child.kill('SIGKILL');
  process.once('exit', killWithTest);
  void exited.then(() => {
    process.removeListener('exit', killWithTest);
    rmSync(folder, { recursive: true, force: true });
  });

  const port = await reportedPort(child, folder, () => output);
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    if (!HARMLESS.has(signal)) await exited;
  };
  return {
    url: `nats://${HOST}:${port}`,
    port,
    pid: child.pid!,
    kill,
    async stop() {
      // A server that a test has stopped with SIGSTOP could not act on SIGTERM.
      child.kill('SIGCONT');
      await kill('SIGTERM');
    },
  };
}

function configurationText(options: NatsServerOptions, folder: string): string {
  const lines = [
    `host: ${HOST}`,
    `port: ${options.port || -1}`,
    `max_payload: ${options.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES}`,
    `max_pending: ${options.pendingBytesMax ?? DEFAULT_PENDING_BYTES_MAX}`,
    // The default of 10 s is how long a reader that sleeps holds up the server's own goroutine for it.
    'write_deadline: "1s"',
    `ports_file_dir: ${JSON.stringify(folder)}`,
  ];
  if (options.token !== undefined) lines.push(`authorization { token: ${JSON.stringify(options.token)} }`);
  return `${lines.join('\n')}\n`;
}

/** nats-server writes the ports it listens on into a file, once it does. */
async function reportedPort(child: ChildProcess, folder: string, output: () => string): Promise<number> {
  const deadline = performance.now() + START_DEADLINE_MS;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const port = readPortsFile(folder);
    if (port !== undefined) return port;
    await delay(POLL_MS);
  }
  child.kill('SIGKILL');
  throw new Error(`nats-server did not start: ${output()}`);
}

function readPortsFile(folder: string): number | undefined {
  if (!existsSync(folder)) return undefined;
  const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
  if (file === undefined) return undefined;
  const url = /"nats:\/\/[^"]*:(\d+)"/.exec(readFileSync(join(folder, file), 'utf8'));
  return url === null ? undefined : Number(url[1]);
}

/** Debian puts servers into /usr/sbin, which is not in everybody's PATH. */
function findBinary(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/bin', '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'nats-server')).find((path) => existsSync(path));
}

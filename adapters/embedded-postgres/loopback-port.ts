/** Loopback ports: which are free, which one to take, and whether a Postgres server answers on one. */
import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { LAUNCH_LIMITS } from './limits.ts';

export const LOOPBACK = '127.0.0.1';

/**
 * Below the range from which systems take ports for outgoing connections. Inside it a client that retries a dead server
 * can be given the server's own port, connect to itself and so keep the server from coming back.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 29_999;

/** An SSLRequest: the one message every Postgres answers (with one byte) before it knows who asks. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

export async function isPortFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

/** A port that was free a moment ago; the caller tries another when the server can't have it after all. */
export async function chooseFreePort(): Promise<number> {
  for (let attempt = 0; attempt < LAUNCH_LIMITS.portAttemptsMax; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (await isPortFree(port)) return port;
  }
  const given = await listenOnce(0);
  if (given === undefined) throw new Error('the operating system gave no free loopback port');
  return given;
}

/** `silent`: refused, cut or left without an answer. `unasked`: no question left this process, so nothing is known. */
export type Probe = 'answers' | 'silent' | 'unasked';

/** What the other side of a connection can cause; any other error is ours (EMFILE, ENFILE, ENOBUFS, …). */
const REFUSALS: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

export async function answersAsPostgres(port: number): Promise<boolean> {
  return (await probePostgres(port)) === 'answers';
}

/**
 * Whether a Postgres server answers on the port. An accepted connection alone proves little: the kernel accepts for a
 * process that is stopped or dying.
 */
export function probePostgres(port: number): Promise<Probe> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port, timeout: LAUNCH_LIMITS.probeTimeoutMs });
    const settle = (probe: Probe) => {
      socket.destroy();
      resolve(probe);
    };
    socket.once('connect', () => socket.write(SSL_REQUEST));
    socket.once('data', (answer) => settle(answer[0] === 0x4e || answer[0] === 0x53 ? 'answers' : 'silent'));
    socket.once('timeout', () => settle('silent'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => settle(REFUSALS.has(code) ? 'silent' : 'unasked'));
    socket.once('close', () => settle('silent'));
  });
}

/** Listens and closes again; the port, or undefined when it is taken or not allowed. */
function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : undefined));
    });
  });
}

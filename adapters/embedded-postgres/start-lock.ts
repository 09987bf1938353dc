/**
 * One start at a time for one state folder. The lock is the kernel's, so that it ends with its process, kill -9
 * included, and can never be stale: an abstract socket name on Linux, an exclusively opened file on macOS. Processes
 * that don't see each other's lock (other network namespaces) still meet Postgres's own interlock; this one only keeps
 * two starts from cleaning up after each other.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { RetryableError } from '../../protocol/errors.ts';
import { errorCode } from './files.ts';
import { deadlineIn, hasPassed, pollPause } from './poll.ts';

export type Release = () => Promise<void>;

/** BSD's open flag for an exclusive lock; Node has no name for it. */
const O_EXLOCK = 0x20;

/** Waits for the lock on `folder` (a real path). Throws RetryableError when another start holds it for too long. */
export async function acquireStartLock(folder: string, timeoutMs: number): Promise<Release> {
  const deadline = deadlineIn(timeoutMs);
  for (;;) {
    const release = process.platform === 'linux' ? await tryAbstractSocket(folder) : await tryLockedFile(folder);
    if (release !== undefined) return release;
    if (hasPassed(deadline)) throw new RetryableError(`another start of the Postgres server in ${folder} does not end`);
    await pollPause();
  }
}

function tryAbstractSocket(folder: string): Promise<Release | undefined> {
  const name = `\0coinpilot-postgres-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => (errorCode(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen({ path: name }, () => {
      server.unref();
      resolve(() => new Promise((released) => server.close(() => released())));
    });
  });
}

async function tryLockedFile(folder: string): Promise<Release | undefined> {
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK;
    const file = await open(join(folder, 'start.lock'), flags, 0o600);
    return () => file.close();
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

/** Runs one short command as the server's account without blocking the event loop: the engine serves meanwhile. */
import { spawn } from 'node:child_process';
import type { ServerAccount } from './account.ts';
import { spawnIdentity } from './account.ts';
import { describeError } from './files.ts';
import { LAUNCH_LIMITS } from './limits.ts';

export interface CommandResult {
  readonly succeeded: boolean;
  /** Standard output and error together, the last part when long; the reason when it could not be started. */
  readonly output: string;
}

/** Only what Postgres needs: its messages in English (they are matched), UTC, and none of the caller's PG… variables. */
export function childEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/** Never rejects: a command that can't be started, fails or takes too long has not succeeded. */
export function runCommand(
  file: string,
  parameters: readonly string[],
  account: ServerAccount,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = '';
    const fail = (error: unknown) => resolve({ succeeded: false, output: describeError(error) });
    try {
      const child = spawn(file, parameters, {
        ...spawnIdentity(account),
        // The account may not be able to enter the current folder, and Postgres's programs insist on knowing theirs.
        cwd: '/',
        env: childEnvironment(),
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: LAUNCH_LIMITS.commandTimeoutMs,
        killSignal: 'SIGKILL',
      });
      const collect = (chunk: Buffer) => {
        output = (output + chunk.toString('utf8')).slice(-LAUNCH_LIMITS.outputCharactersMax);
      };
      child.stdout.on('data', collect);
      child.stderr.on('data', collect);
      child.once('error', fail);
      child.once('close', (code, signal) => {
        resolve({ succeeded: code === 0, output: signal === null ? output : `${output}\nended by ${signal}` });
      });
    } catch (error) {
      fail(error);
    }
  });
}

/** Runs a command of a copied tree to its end. */
import { execFile } from 'node:child_process';

export interface CommandResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

const OUTPUT_MAX = 64 * 1024 * 1024;

/** Resolves whatever its exit code is; rejects only when it could not be started. */
export function runCommand(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, env: { ...process.env, ...env }, maxBuffer: OUTPUT_MAX };
    execFile(process.execPath, args, options, (error, output, errors) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, output, errors });
    });
  });
}

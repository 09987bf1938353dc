/**
 * Sees to it that no process outlives the rehearsal, whatever ends it, kill -9 included: a shell that is told which processes
 * there are, and kills them when its input ends. Also those that are stopped and could do nothing themselves.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** Each line is all there are; the input ends with the rehearsal. Its folder goes too: Secrets are in it. */
const SCRIPT = `trap '' INT TERM HUP
while read -r line; do pids=$line; done
[ -z "$pids" ] || kill -KILL $pids
rm -rf -- "$1"`;

export class Undertaker {
  readonly #shell: ChildProcess;
  readonly #pids = new Set<number>();

  constructor(folder: string) {
    // Not of our group: a Ctrl-C of the terminal must not end it.
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, 'undertaker', folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.unref();
    this.#shell.stdin?.on('error', () => undefined);
  }

  /** Until `forget`. Nothing to do for a process that could not be started. */
  watch(pid: number | undefined): void {
    if (pid !== undefined) this.#pids.add(pid);
    this.#tell();
  }

  /** It has ended: the number may be somebody else's next. */
  forget(pid: number | undefined): void {
    if (pid !== undefined) this.#pids.delete(pid);
    this.#tell();
  }

  /** Ends what still runs, and removes the folder. */
  close(): void {
    this.#shell.stdin?.end();
  }

  #tell(): void {
    this.#shell.stdin?.write(`${[...this.#pids].join(' ')}\n`);
  }
}

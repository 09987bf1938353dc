/** A process of a suite that answers every message with one of its own, in order. */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

const STOP_MS_MAX = 10_000;

const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

export class Child<Message extends object, Answer extends { readonly type: string; readonly message?: string }> {
  readonly #process: ChildProcess;
  readonly #waiting: Waiting<Answer>[] = [];

  /** `program` beside `base`, the URL of the module that starts it. */
  constructor(program: string, base: string) {
    // Typed arrays travel as they are.
    const options: ForkOptions = { execArgv: ['--import', 'tsx'], serialization: 'advanced' };
    this.#process = fork(fileURLToPath(new URL(program, base)), [], options);
    living.add(this.#process);
    this.#process.on('message', (answer: Answer) => {
      const waiting = this.#waiting.shift();
      if (answer.type === 'failed') waiting?.reject(new Error(`${program}: ${answer.message}`));
      else waiting?.resolve(answer);
    });
    this.#process.once('exit', (code, signal) => {
      living.delete(this.#process);
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${program} ended: ${code ?? signal}`));
    });
  }

  ask<Type extends Answer['type']>(message: Message, type: Type): Promise<Extract<Answer, { readonly type: Type }>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        resolve: (answer) => {
          if (answer.type === type) resolve(answer as Extract<Answer, { readonly type: Type }>);
          else reject(new Error(`expected ${type}, not ${answer.type}`));
        },
        reject,
      });
      this.#process.send(message);
    });
  }

  /** It ends by itself when it gets the message; one that does not is killed. */
  async stop(message: Message): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.send(message);
    const impatient = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS_MAX);
    await exited;
    clearTimeout(impatient);
  }
}

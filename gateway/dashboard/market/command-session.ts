/**
 * One command from the question to the engine's answer. It is sent with one id; sent again, it is the very same command, so
 * that it is carried out once at most. A command that was changed after a refusal is another one, with another id.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Command, Store } from '../store/types.ts';
import { type CommandAnswer, commandAnswer } from './command-answer.ts';
import type { CommandTarget } from './command-plan.ts';

export type CommandPhase =
  /** `given`: what was given before a refusal, to be changed. */
  | { readonly step: 'asking'; readonly given: GivenText }
  | { readonly step: 'sending'; readonly command: Command }
  | { readonly step: 'answered'; readonly command: Command; readonly answer: CommandAnswer };

export interface GivenText {
  readonly reason: string;
  readonly by: string;
}

const NOTHING_GIVEN: GivenText = { reason: '', by: '' };

export class CommandSession {
  readonly target: CommandTarget;
  readonly #store: Pick<Store, 'command'>;
  readonly #newId: () => string;
  readonly #phase = signal<CommandPhase>({ step: 'asking', given: NOTHING_GIVEN });

  constructor(store: Pick<Store, 'command'>, target: CommandTarget, newId: () => string) {
    this.#store = store;
    this.target = target;
    this.#newId = newId;
  }

  get phase(): ReadonlySignal<CommandPhase> {
    return this.#phase;
  }

  /** From `asking` only: a second click sends nothing. Never rejects. */
  async send({ reason, by }: GivenText): Promise<void> {
    if (this.#phase.peek().step !== 'asking') return;
    await this.#deliver({ ...this.target, id: this.#newId(), reason: reason.trim(), by: by.trim() });
  }

  /** The same command under the same id, after an answer that allows it. */
  async sendAgain(): Promise<void> {
    const phase = this.#phase.peek();
    if (phase.step === 'answered' && phase.answer.repeatable) await this.#deliver(phase.command);
  }

  /** After a refusal: back to the question. What nobody knows the outcome of can only be repeated as it is. */
  change(): void {
    const phase = this.#phase.peek();
    if (phase.step !== 'answered' || phase.answer.tone !== 'refused') return;
    this.#phase.value = { step: 'asking', given: phase.command };
  }

  async #deliver(command: Command): Promise<void> {
    this.#phase.value = { step: 'sending', command };
    // A rejection means that no answer came, whatever its reason: the same as an outcome that nobody knows.
    const reply = await this.#store.command(command).catch(() => undefined);
    this.#phase.value = { step: 'answered', command, answer: commandAnswer(this.target, reply) };
  }
}

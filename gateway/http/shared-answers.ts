/** One question, many who ask: an answer is made once at a time, and is good for a moment. Failures are not kept. */
import type { Clock } from '../../protocol/ports/clock.ts';

/** Answers kept; beyond it the oldest goes. */
const ANSWERS_MAX = 32;

interface Answer<T> {
  readonly value: Promise<T>;
  /** By the monotonic clock; infinite while it is being made. */
  goodUntil: number;
}

export class SharedAnswers<T> {
  readonly #clock: Clock;
  readonly #goodForMs: number;
  readonly #answers = new Map<string, Answer<T>>();

  constructor(clock: Clock, goodForMs: number) {
    this.#clock = clock;
    this.#goodForMs = goodForMs;
  }

  get(question: string, make: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(question);
    if (known !== undefined && known.goodUntil > this.#clock.monotonic()) return known.value;
    const answer: Answer<T> = { value: make(), goodUntil: Number.POSITIVE_INFINITY };
    this.#answers.delete(question);
    this.#answers.set(question, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > ANSWERS_MAX && oldest !== undefined) this.#answers.delete(oldest);
    answer.value.then(
      () => {
        answer.goodUntil = this.#clock.monotonic() + this.#goodForMs;
      },
      () => {
        if (this.#answers.get(question) === answer) this.#answers.delete(question);
      },
    );
    return answer.value;
  }
}

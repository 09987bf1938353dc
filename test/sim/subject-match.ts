/** NATS subjects: `*` stands for one token, `>` for one or more at the end. */
export class SubjectPattern {
  readonly text: string;
  readonly #tokens: readonly string[];
  readonly #plain: boolean;

  constructor(text: string) {
    this.text = text;
    this.#tokens = text.split('.');
    this.#plain = !this.#tokens.some((token) => token === '*' || token === '>');
  }

  matches(subject: string): boolean {
    if (this.#plain) return this.text === subject;
    const tokens = subject.split('.');
    for (const [index, expected] of this.#tokens.entries()) {
      if (expected === '>') return tokens.length > index;
      if (tokens[index] === undefined || (expected !== '*' && expected !== tokens[index])) return false;
    }
    return tokens.length === this.#tokens.length;
  }
}

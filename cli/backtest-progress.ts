/** How far a backtest is, on a terminal: one line that is written over. Nothing where nobody looks. */

const WIDTH = 30;
const EVERY_MS = 100;

export class Progress {
  readonly #from: number;
  readonly #to: number;
  #drawnAt = 0;

  /** Market times between which the data lies. */
  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  show(at: number): void {
    if (process.stderr.isTTY !== true || performance.now() - this.#drawnAt < EVERY_MS) return;
    this.#drawnAt = performance.now();
    const share = Math.min(1, Math.max(0, (at - this.#from) / Math.max(1, this.#to - this.#from)));
    const done = Math.round(share * WIDTH);
    const day = new Date(at).toISOString().slice(0, 10);
    process.stderr.write(`\r${'█'.repeat(done)}${'░'.repeat(WIDTH - done)} ${Math.floor(share * 100)} %  ${day}`);
  }

  end(): void {
    if (process.stderr.isTTY === true) process.stderr.write('\r\x1b[K');
  }
}

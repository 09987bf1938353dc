/** Which messages of the load were handed to the sockets, and when. */
import { monotonicMs } from '../monotonic.ts';

export class SentLog {
  numbers: number[] = [];
  /** Monotonic, milliseconds. */
  times: number[] = [];
  /** After each. */
  onSent: () => void = () => undefined;

  /** Called right before the message goes to the first socket. */
  note(number: number): void {
    this.numbers.push(number);
    this.times.push(monotonicMs());
    this.onSent();
  }

  clear(): void {
    this.numbers = [];
    this.times = [];
    this.onSent = () => undefined;
  }
}

/** Which messages of the load were handed to the sockets, and from when their latency counts. */
import { monotonicMs } from '../monotonic.ts';

export class SentLog {
  /** The numbers of each topic's messages, in order. Who has no topics has one. */
  readonly topics = new Map<string, number[]>();
  /** From when the latency of a number counts; monotonic, milliseconds. */
  readonly since = new Map<number, number>();
  /** After each. */
  onSent: () => void = () => undefined;

  /** A trade was made, `at`: the latency of every tick that tells it counts from there. */
  traded(number: number, at: number): void {
    this.since.set(number, at);
  }

  /** Called right before the message goes to the first socket of a topic: from there the latency of an event counts. */
  note(number: number, topic: string): void {
    const numbers = this.topics.get(topic);
    if (numbers === undefined) this.topics.set(topic, [number]);
    else numbers.push(number);
    if (!this.since.has(number)) this.since.set(number, monotonicMs());
    this.onSent();
  }

  clear(): void {
    this.topics.clear();
    this.since.clear();
    this.onSent = () => undefined;
  }
}

/**
 * The simulated NATS server: routes what connections publish to whoever subscribes, with queue groups, inboxes and the
 * no-responders answer. The network around it can lose, delay, repeat and reorder messages, and can be split, so that
 * the two sides do not know of each other's subscriptions, as the servers of a broken NATS cluster do not.
 */
import type { BusConnection } from './bus-connection.ts';
import type { Dice } from './dice.ts';
import type { SubjectPattern } from './subject-match.ts';
import type { Timeline } from './timeline.ts';

/** What the network does to messages at the moment; all quiet when every number is 0. */
export interface Weather {
  loss: number;
  duplication: number;
  reordering: number;
  /** Added to every hop. */
  delayMs: number;
}

export interface Envelope {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Where an answer goes; undefined when none is wanted. */
  readonly replyTo: string | undefined;
}

export interface Subscription {
  readonly connection: BusConnection;
  readonly pattern: SubjectPattern;
  readonly queue: string | undefined;
  readonly handler: (envelope: Envelope) => void;
}

const HOP_MS = { least: 0.1, most: 1 };
const REORDER_MS = { least: 1, most: 400 };

export class BusServer {
  up = true;
  readonly weather: Weather = { loss: 0, duplication: 0, reordering: 0, delayMs: 0 };
  /** Messages the weather touched, by what it did to them. */
  readonly touched = { lost: 0, duplicated: 0, reordered: 0 };
  readonly #timeline: Timeline;
  readonly #dice: Dice;
  readonly #connections = new Set<BusConnection>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #inboxes = new Map<string, BusConnection>();
  /** Who listens to a subject; forgotten whenever a subscription comes or goes. */
  readonly #routes = new Map<string, readonly Subscription[]>();
  /** Connections on the far side of a split. */
  #farSide = new Set<BusConnection>();

  constructor(timeline: Timeline, dice: Dice) {
    this.#timeline = timeline;
    this.#dice = dice;
  }

  get split(): boolean {
    return this.#farSide.size > 0;
  }

  attach(connection: BusConnection): void {
    this.#connections.add(connection);
    this.#inboxes.set(connection.inbox, connection);
  }

  /** The server forgets a connection and its subscriptions at once. */
  detach(connection: BusConnection): void {
    this.#connections.delete(connection);
    this.#inboxes.delete(connection.inbox);
    for (const subscription of this.#subscriptions) {
      if (subscription.connection === connection) this.#subscriptions.delete(subscription);
    }
    this.#routes.clear();
  }

  /** Those who are connected at the moment. */
  get connections(): readonly BusConnection[] {
    return [...this.#connections];
  }

  /** Ends every connection, as a restart does; they come back by themselves once it is up. */
  restart(downMs: number): void {
    this.up = false;
    for (const connection of [...this.#connections]) connection.lose();
    this.#timeline.after(downMs, () => {
      this.up = true;
    });
  }

  splitOff(connections: readonly BusConnection[]): void {
    this.#farSide = new Set(connections);
  }

  subscribe(subscription: Subscription): void {
    this.#subscriptions.add(subscription);
    this.#routes.clear();
  }

  unsubscribe(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    this.#routes.clear();
  }

  /** How many would get a message of this subject (a queue group counts once). */
  listeners(subject: string): number {
    const groups = new Set<string>();
    let plain = 0;
    for (const { queue } of this.#listening(subject)) {
      if (queue === undefined) plain += 1;
      else groups.add(queue);
    }
    return plain + groups.size;
  }

  /** A message has arrived here: sends it on. */
  route(from: BusConnection, envelope: Envelope): void {
    if (!this.#connections.has(from)) return;
    const { subject, replyTo } = envelope;
    if (subject.startsWith('_INBOX.')) {
      const target = this.#inboxes.get(subject.slice(0, subject.lastIndexOf('.')));
      if (target !== undefined && this.#reaches(from, target)) {
        this.#send(target, () => target.answer(subject, envelope.data));
      }
      return;
    }
    const receivers = this.#receivers(from, subject);
    for (const subscription of receivers) {
      this.#send(subscription.connection, () => subscription.connection.receive(subscription, envelope));
    }
    if (receivers.length === 0 && replyTo !== undefined) {
      this.#send(from, () => from.answer(replyTo, undefined));
    }
  }

  /** Time a message takes between a connection and the server. */
  hopMs(): number {
    const { least, most } = HOP_MS;
    return (
      this.#dice.between(least, most) + (this.weather.delayMs === 0 ? 0 : this.#dice.between(0, this.weather.delayMs))
    );
  }

  #receivers(from: BusConnection, subject: string): Subscription[] {
    const receivers: Subscription[] = [];
    const groups = new Map<string, Subscription[]>();
    for (const subscription of this.#listening(subject)) {
      const { queue, connection } = subscription;
      if (!this.#reaches(from, connection)) continue;
      if (queue === undefined) receivers.push(subscription);
      else groups.set(queue, [...(groups.get(queue) ?? []), subscription]);
    }
    for (const members of groups.values()) receivers.push(this.#dice.pick(members));
    return receivers;
  }

  #listening(subject: string): readonly Subscription[] {
    const known = this.#routes.get(subject);
    if (known !== undefined) return known;
    const listening = [...this.#subscriptions].filter(({ pattern }) => pattern.matches(subject));
    this.#routes.set(subject, listening);
    return listening;
  }

  #reaches(from: BusConnection, to: BusConnection): boolean {
    return this.#farSide.size === 0 || this.#farSide.has(from) === this.#farSide.has(to);
  }

  /** Down the connection in order, unless the weather has other plans with this message. */
  #send(connection: BusConnection, run: () => void): void {
    const { loss, duplication, reordering } = this.weather;
    const { least, most } = REORDER_MS;
    if (loss > 0 && this.#dice.chance(loss)) {
      this.touched.lost += 1;
      return;
    }
    if (duplication > 0 && this.#dice.chance(duplication)) {
      this.touched.duplicated += 1;
      connection.arrive(this.#dice.between(least, most), run, 'any order');
    }
    if (reordering > 0 && this.#dice.chance(reordering)) {
      this.touched.reordered += 1;
      connection.arrive(this.#dice.between(least, most), run, 'any order');
      return;
    }
    connection.arrive(this.hopMs(), run, 'in order');
  }
}

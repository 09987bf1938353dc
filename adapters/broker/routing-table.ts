/**
 * Who gets a message: subscriptions by pattern, and the route of each subject, cached.
 *
 * A route is immutable; any change of subscriptions drops all cached routes. The position of a queue group's round robin
 * therefore lives in the group, not in the route: a busy client that subscribes and unsubscribes all the time (one inbox a
 * request) would otherwise reset it again and again, and the first member would get everything.
 */
import { isSubject } from './subject.ts';
import { SubjectTree } from './subject-tree.ts';
import type { Subscription } from './subscription.ts';

/** Subjects whose route is remembered; at the limit all are forgotten, because one-time inboxes never come back. */
const CACHED_ROUTES_MAX = 4096;

export interface QueueGroup {
  readonly queue: string;
  /** Replaced, never changed, so that routes can share it. */
  members: readonly Subscription[];
  /** Index of the member whose turn is next, modulo the number of members. */
  turn: number;
}

/** All subscriptions of one pattern. */
interface Interest {
  readonly plain: Set<Subscription>;
  readonly groups: Map<string, QueueGroup>;
}

/** One choice to make for each message: one of `members`, starting at the turn of `group`. */
export interface QueueRoute {
  readonly group: QueueGroup;
  readonly members: readonly Subscription[];
}

export interface Route {
  readonly plain: readonly Subscription[];
  readonly queues: readonly QueueRoute[];
}

export class RoutingTable {
  readonly #tree = new SubjectTree<Interest>();
  readonly #routes = new Map<string, Route>();
  #subscriptions = 0;

  get subscriptions(): number {
    return this.#subscriptions;
  }

  add(subscription: Subscription): void {
    let interest = this.#tree.get(subscription.pattern);
    if (interest === undefined) {
      interest = { plain: new Set(), groups: new Map() };
      this.#tree.set(subscription.pattern, interest);
    }
    if (subscription.queue === '') interest.plain.add(subscription);
    else join(interest.groups, subscription);
    this.#subscriptions += 1;
    this.#routes.clear();
  }

  remove(subscription: Subscription): void {
    const interest = this.#tree.get(subscription.pattern);
    if (interest === undefined || !subscription.live) return;
    subscription.live = false;
    if (subscription.queue === '') interest.plain.delete(subscription);
    else leave(interest.groups, subscription);
    if (interest.plain.size === 0 && interest.groups.size === 0) this.#tree.delete(subscription.pattern);
    this.#subscriptions -= 1;
    this.#routes.clear();
  }

  /** Where messages of `subject` go; undefined when nothing may be published there. */
  route(subject: string): Route | undefined {
    const known = this.#routes.get(subject);
    if (known !== undefined) return known;
    if (!isSubject(subject)) return undefined;
    const route = toRoute(this.#tree.match(subject));
    if (this.#routes.size >= CACHED_ROUTES_MAX) this.#routes.clear();
    this.#routes.set(subject, route);
    return route;
  }
}

function join(groups: Map<string, QueueGroup>, subscription: Subscription): void {
  const group = groups.get(subscription.queue);
  if (group !== undefined) group.members = [...group.members, subscription];
  else groups.set(subscription.queue, { queue: subscription.queue, members: [subscription], turn: 0 });
}

function leave(groups: Map<string, QueueGroup>, subscription: Subscription): void {
  const group = groups.get(subscription.queue);
  if (group === undefined) return;
  group.members = group.members.filter((member) => member !== subscription);
  if (group.members.length === 0) groups.delete(subscription.queue);
}

/** A queue name met through several patterns is one group for this subject: a message is handled once a queue name. */
function toRoute(interests: readonly Interest[]): Route {
  const plain: Subscription[] = [];
  const queues = new Map<string, QueueRoute>();
  for (const interest of interests) {
    plain.push(...interest.plain);
    for (const group of interest.groups.values()) {
      const met = queues.get(group.queue);
      const members = met === undefined ? group.members : [...met.members, ...group.members];
      queues.set(group.queue, { group: met?.group ?? group, members });
    }
  }
  return { plain, queues: [...queues.values()] };
}

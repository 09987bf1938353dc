/**
 * A role that one Pod of the cluster has: owned and fenced like a symbol. It stays where it is until its owner leaves,
 * drains or dies; then the Pod that rendezvous hashing names takes it.
 */
import type { Clock } from '../../protocol/ports/clock.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { OwnershipPort } from '../../protocol/ports/ownership.ts';
import { Repeater } from '../repeater.ts';
import { type ClusterWatch, isFree, servingPods } from './cluster-watch.ts';
import type { Membership } from './membership.ts';
import { place } from './placement.ts';

export interface SingletonOptions {
  readonly name: string;
  readonly membership: Membership;
  readonly watch: ClusterWatch;
  readonly ownership: OwnershipPort;
  readonly clock: Clock;
  readonly log: Log;
  /** Begins the role under this epoch. */
  readonly begin: (epoch: number) => Promise<void>;
  /** Ends it; called before the next begin, and at the end. */
  readonly end: () => void;
}

const RETRY_MS = 1_000;

export class Singleton {
  readonly #options: SingletonOptions;
  readonly #work: Repeater;
  readonly #unwatch: () => void;
  #held = false;
  #epoch = 0;
  #stopped = false;

  constructor(options: SingletonOptions) {
    this.#options = options;
    const { name, clock, log, watch } = options;
    this.#work = new Repeater({ name: `the ${name}`, work: () => this.#look(), clock, log });
    this.#unwatch = watch.onView(() => this.#work.wake());
  }

  /** Looks for the first time; rejects when the ledger can't be asked. */
  async start(): Promise<void> {
    try {
      await this.#options.watch.refresh();
    } catch (error) {
      await this.#halt();
      throw error;
    }
    this.#work.wake();
    await this.#work.settled();
  }

  /** The ledger has said that the epoch is over: the role may be claimed anew. */
  lost(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#options.end();
    this.#options.log.warn({ singleton: this.#options.name }, 'another Pod owns it now');
    this.#work.wake();
  }

  /** Ends the role here and gives it back. */
  async release(): Promise<void> {
    await this.#halt();
    if (!this.#held) return;
    this.#held = false;
    const { ownership, membership, name, watch } = this.#options;
    watch.tell(await ownership.releaseSingleton(membership.owner, name));
  }

  async #halt(): Promise<void> {
    this.#stopped = true;
    this.#unwatch();
    await this.#work.stop();
    this.#options.end();
  }

  async #look(): Promise<number | undefined> {
    const { name, membership, watch, ownership, begin } = this.#options;
    const { view } = watch;
    const row = view.singletons.find((singleton) => singleton.name === name);
    const { owner } = membership;
    if (this.#held && row?.incarnation !== owner.incarnation && row !== undefined && row.epoch > this.#epoch) {
      this.lost();
      return 0;
    }
    if (this.#held || this.#stopped || !membership.holds) return undefined;
    if (!isFree(view, row?.incarnation ?? null, owner)) return undefined;
    const members = servingPods(view);
    // Before anybody serves the first to come begins; later the one whose turn it is. What is in our name and not held
    // (its claim was not answered, its release did not arrive) is ours to take up: the others see a live owner.
    const mine = row?.incarnation === owner.incarnation;
    if (!mine && members.length > 0 && place([name], members).get(name) !== owner.pod) return undefined;
    const claimed = await ownership.claimSingleton(owner, name);
    if (claimed === undefined) {
      await watch.refresh();
      return RETRY_MS;
    }
    await begin(claimed.epoch);
    this.#held = true;
    this.#epoch = claimed.epoch;
    watch.tell(claimed.event);
    return undefined;
  }
}

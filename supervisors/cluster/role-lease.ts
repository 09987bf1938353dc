/**
 * A role that one process of many has although it is no Pod: its lease stands in the role's own row, renewed every second
 * by the database's clock, after the bus has answered: who can't be heard must not have a role that consists of speaking.
 *
 * Self-fencing as Pods do it (membership.ts): when the time since the last acknowledged renewal was *sent* passes
 * lease − 1 s, the role ends here, whatever the row says. Those who stand by look when the lease can end, and at once when
 * they hear that it was given back.
 */
import { RetryableError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Bus, BusMessage } from '../../protocol/ports/bus.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { ClusterEvent, ClusterEventBody, Owner, OwnershipPort } from '../../protocol/ports/ownership.ts';
import type { Subjects } from '../../protocol/subjects.ts';
import { Repeater } from '../repeater.ts';

export interface RoleLeaseOptions {
  readonly name: string;
  readonly owner: Owner;
  readonly ownership: Pick<OwnershipPort, 'leaseSingleton' | 'releaseSingleton'>;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells the cluster that the role was taken or given back. */
  readonly tell: (event: ClusterEvent) => void;
  /** Begins the role; `end` comes before the next begin. */
  readonly begin: (epoch: number) => void;
  /** Ends it at once: nothing is done in its name after this returns. Resolves when nothing is under way any more. */
  readonly end: () => Promise<void>;
}

const BUS_ANSWER_MS_MAX = 500;
/** A little after a lease has ended by the database's clock. */
const AFTER_LEASE_MS = 20;

export class RoleLease {
  readonly #options: RoleLeaseOptions;
  readonly #work: Repeater;
  readonly #unsubscribe: () => void;
  #epoch: number | undefined;
  #acknowledgedAt = Number.NEGATIVE_INFINITY;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #cancelLook: (() => void) | undefined;
  #cancelWatch: (() => void) | undefined;
  #ended: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: RoleLeaseOptions) {
    this.#options = options;
    const { name, bus, subjects, clock, log } = options;
    this.#work = new Repeater({ name: `the lease of the ${name}`, work: () => this.#look(), clock, log });
    this.#unsubscribe = bus.subscribe(subjects.event('cluster', 'ownership'), (message) => this.#onEvent(message));
  }

  /** Resolves when it is known whether the role is had here. */
  async start(): Promise<void> {
    this.#work.wake();
    await this.#work.settled();
  }

  /** The epoch under which the role is had here; undefined while it is another's. */
  get epoch(): number | undefined {
    return this.#epoch;
  }

  /** Bus and ledger have said lately whether the role is had here. */
  get known(): boolean {
    return this.#options.clock.monotonic() - this.#answeredAt < LIMITS.leaseTtlMs;
  }

  /** Whether this process may act in the role. Asked before every act: a frozen process wakes up in the middle of one. */
  get holds(): boolean {
    const age = this.#options.clock.monotonic() - this.#acknowledgedAt;
    return this.#epoch !== undefined && age < LIMITS.leaseTtlMs - LIMITS.leaseSafetyMs;
  }

  /** Ends the role here and gives it back, so that another need not wait for the lease to run out. */
  async release(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe();
    this.#cancelLook?.();
    await this.#work.stop();
    const had = this.#epoch !== undefined;
    await this.#end();
    if (!had) return;
    const { ownership, owner, name, tell } = this.#options;
    tell(await ownership.releaseSingleton(owner, name));
  }

  async #look(): Promise<undefined> {
    const { ownership, owner, name, clock, tell, log } = this.#options;
    await this.#ended;
    await this.#heard();
    if (this.#stopped) return undefined;
    const sentAt = clock.monotonic();
    const lease = await ownership.leaseSingleton(owner, name, LIMITS.leaseTtlMs);
    this.#answeredAt = clock.monotonic();
    if (!lease.held) {
      if (this.#epoch !== undefined) await this.#lose('another process has it');
      this.#lookAfter(Math.min(LIMITS.heartbeatIntervalMs, lease.leaseLeftMs + AFTER_LEASE_MS));
      return undefined;
    }
    // An epoch that is not ours began while we were away: what was begun under the one before is over.
    if (this.#epoch !== undefined && this.#epoch !== lease.epoch) await this.#lose('its lease had run out');
    this.#acknowledgedAt = sentAt;
    this.#lookAfter(LIMITS.heartbeatIntervalMs);
    tell(lease.event);
    if (this.#epoch !== undefined) return undefined;
    // Ended by ourselves while the answer was on its way: what was begun before may still be at work.
    await this.#ended;
    // Asked for before the stop, answered after it: `release` gives it back.
    this.#epoch = lease.epoch;
    if (this.#stopped) return undefined;
    log.info({ role: name, epoch: lease.epoch }, 'this process has the role now');
    this.#options.begin(lease.epoch);
    this.#watch();
    return undefined;
  }

  /** Rejects when the bus does not answer in time. */
  #heard(): Promise<void> {
    const { bus, clock } = this.#options;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(BUS_ANSWER_MS_MAX, () => reject(new RetryableError('the bus does not answer')));
      bus
        .flush()
        .finally(cancel)
        .then(() => resolve(), reject);
    });
  }

  #lookAfter(delayMs: number): void {
    this.#cancelLook?.();
    if (!this.#stopped) this.#cancelLook = this.#options.clock.after(delayMs, () => this.#work.wake());
  }

  /** Looks at the lease several times a safety margin. */
  #watch(): void {
    this.#cancelWatch = this.#options.clock.after(LIMITS.leaseSafetyMs / 4, () => {
      if (this.holds) this.#watch();
      else void this.#lose('its lease was not renewed in time');
    });
  }

  async #lose(why: string): Promise<void> {
    this.#options.log.warn({ role: this.#options.name, why }, 'this process has lost the role');
    await this.#end();
  }

  #end(): Promise<void> {
    this.#cancelWatch?.();
    if (this.#epoch !== undefined) {
      this.#epoch = undefined;
      this.#ended = this.#options.end();
    }
    return this.#ended;
  }

  #onEvent(message: BusMessage): void {
    const { change, singleton } = JSON.parse(new TextDecoder().decode(message.data)) as ClusterEventBody;
    if (change === 'singleton-released' && singleton === this.#options.name) this.#work.wake();
  }
}

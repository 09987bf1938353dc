/**
 * This Pod's membership: one heartbeat row, renewed every second, by the database's clock. A heartbeat is sent only after
 * a ping to ourselves came back over the bus: a Pod that nobody can reach must not keep its symbols.
 *
 * Self-fencing: when the time since the last acknowledged heartbeat was *sent* passes lease − 1 s, this Pod stops
 * accepting and committing, whatever it believes, and joins again under a new incarnation.
 */
import { FencedError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Bus } from '../../protocol/ports/bus.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { ClusterEvent, Heartbeat, HeldSymbol, Owner, OwnershipPort } from '../../protocol/ports/ownership.ts';
import type { Subjects } from '../../protocol/subjects.ts';

export interface MembershipOptions {
  readonly owner: Owner;
  readonly ownership: OwnershipPort;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly log: Log;
  /** What this Pod believes to own; the heartbeat's reply names what of it has gone. */
  readonly held: () => readonly HeldSymbol[];
  readonly onHeartbeat: (heartbeat: Heartbeat, held: readonly HeldSymbol[]) => void;
  /** The lease could not be renewed in time, or another life of this Pod took over. */
  readonly onFenced: (error: FencedError) => void;
}

const SELF_PING_TIMEOUT_MS = 500;
/** After a failure the next heartbeat comes sooner: a broker that was away for seconds must not cost the lease. */
const RETRY_MS = 200;

export class Membership {
  readonly #options: MembershipOptions;
  #acknowledgedAt = Number.NEGATIVE_INFINITY;
  #joined: ClusterEvent;
  #stopped = false;
  #cancelTimer: (() => void) | undefined;
  #cancelWatch: (() => void) | undefined;

  private constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Joins: registers this incarnation. Rejects when the ledger can't be reached. */
  static async join(options: MembershipOptions): Promise<Membership> {
    const membership = new Membership(options);
    const sentAt = options.clock.monotonic();
    membership.#joined = await options.ownership.register(options.owner, LIMITS.leaseTtlMs);
    membership.#acknowledgedAt = sentAt;
    membership.#schedule(LIMITS.heartbeatIntervalMs);
    membership.#watch();
    return membership;
  }

  get owner(): Owner {
    return this.#options.owner;
  }

  /** The row of the cluster's stream that says that this life began. */
  get joined(): ClusterEvent {
    return this.#joined;
  }

  /** Whether this Pod may still act: accept, commit, send orders. */
  get holds(): boolean {
    const age = this.#options.clock.monotonic() - this.#acknowledgedAt;
    return !this.#stopped && age < LIMITS.leaseTtlMs - LIMITS.leaseSafetyMs;
  }

  /** Ends the heartbeats without leaving: the row stays and expires by itself unless `leave` follows. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#cancelWatch?.();
  }

  async leave(): Promise<ClusterEvent> {
    this.stop();
    return this.#options.ownership.leave(this.#options.owner);
  }

  #schedule(delayMs: number): void {
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      this.#beat()
        .then(
          () => LIMITS.heartbeatIntervalMs,
          (error: unknown) => {
            this.#options.log.warn({ error: (error as Error).message }, 'a heartbeat was not acknowledged');
            return RETRY_MS;
          },
        )
        .then((nextMs) => {
          if (!this.#stopped) this.#schedule(nextMs);
        });
    });
  }

  async #beat(): Promise<void> {
    const { bus, subjects, owner, ownership, clock } = this.#options;
    await bus.request(subjects.pod(owner.pod, 'ping'), '', SELF_PING_TIMEOUT_MS);
    const held = this.#options.held();
    const sentAt = clock.monotonic();
    const heartbeat = await ownership.heartbeat(owner, LIMITS.leaseTtlMs, held);
    if (this.#stopped) return;
    if (heartbeat === undefined) {
      this.#fence(await this.#whyOver());
      return;
    }
    this.#acknowledgedAt = sentAt;
    this.#options.onHeartbeat(heartbeat, held);
  }

  /** Why the ledger did not renew the lease, for the person who reads the log. */
  async #whyOver(): Promise<string> {
    const { ownership, owner } = this.#options;
    const { pods } = await ownership.view().catch(() => ({ pods: [] }));
    const row = pods.find(({ pod }) => pod === owner.pod);
    return row !== undefined && row.incarnation !== owner.incarnation && row.live
      ? `another running process uses the name ${owner.pod}: give each Pod its own (--pod)`
      : 'its lease was over, or other Pods took it for dead';
  }

  /** Looks at the lease several times a safety margin. */
  #watch(): void {
    this.#cancelWatch = this.#options.clock.after(LIMITS.leaseSafetyMs / 4, () => {
      if (this.#stopped) return;
      if (this.holds) this.#watch();
      else this.#fence('no heartbeat was acknowledged in time');
    });
  }

  #fence(why: string): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.onFenced(new FencedError(`this Pod gave up its symbols: ${why}`));
  }
}

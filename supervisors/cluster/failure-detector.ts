/**
 * The fast way to notice that a Pod has gone: its neighbours ping it over the bus, where a dead process has no responder
 * at once, while its lease would run on for seconds. A frozen process still has one: that is what the lease is for.
 *
 * Three pings in a row that reached nobody make a suspect. It is expired only if the mistake is not ours: our own
 * connection must be old enough (after a broker's restart the first to reconnect must not take everything), and another
 * Pod must not reach it either. Without another Pod to ask, its heartbeat must have failed to come as well.
 */
import { NoRespondersError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Bus, BusMessage } from '../../protocol/ports/bus.ts';
import { type Clock, sleep } from '../../protocol/ports/clock.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { OwnershipPort, PodRow } from '../../protocol/ports/ownership.ts';
import type { Subjects } from '../../protocol/subjects.ts';
import type { ClusterWatch } from './cluster-watch.ts';
import type { Membership } from './membership.ts';

export interface FailureDetectorOptions {
  readonly membership: Membership;
  readonly watch: ClusterWatch;
  readonly ownership: OwnershipPort;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly log: Log;
}

const PING_TIMEOUT_MS = 1_000;

export class FailureDetector {
  readonly #options: FailureDetectorOptions;
  /** Incarnations that are being looked at. */
  readonly #suspects = new Set<string>();
  readonly #unsubscribe: () => void;
  #cancelTimer: (() => void) | undefined;
  #stopped = false;

  constructor(options: FailureDetectorOptions) {
    this.#options = options;
    const { bus, subjects, membership } = options;
    this.#unsubscribe = bus.subscribe(subjects.pod(membership.owner.pod, 'probe'), (message) => this.#onProbe(message));
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    this.#cancelTimer?.();
  }

  #schedule(): void {
    this.#cancelTimer = this.#options.clock.after(LIMITS.peerPingIntervalMs, () => {
      for (const peer of this.#neighbours()) this.#watchPeer(peer);
      if (!this.#stopped) this.#schedule();
    });
  }

  /** The next few live Pods after this one in the order of names, as on a ring: everybody is watched by somebody. */
  #neighbours(): readonly PodRow[] {
    const { watch, membership } = this.#options;
    const live = watch.view.pods.filter((pod) => pod.live && pod.incarnation !== membership.owner.incarnation);
    const after = live.filter(({ pod }) => pod > membership.owner.pod);
    return [...after, ...live.filter(({ pod }) => pod <= membership.owner.pod)].slice(0, LIMITS.peersWatchedMax);
  }

  #watchPeer(peer: PodRow): void {
    if (this.#suspects.has(peer.incarnation)) return;
    this.#suspects.add(peer.incarnation);
    this.#examine(peer)
      .catch((error: unknown) => {
        this.#options.log.warn({ pod: peer.pod, error: (error as Error).message }, 'a Pod could not be expired');
      })
      .finally(() => this.#suspects.delete(peer.incarnation));
  }

  async #examine(peer: PodRow): Promise<void> {
    const { bus, clock, log, watch, ownership, membership } = this.#options;
    for (let misses = 0; misses < LIMITS.peerMissesMax; misses += 1) {
      if (misses > 0) await sleep(clock, LIMITS.peerMissIntervalMs);
      if (this.#stopped || (await this.#reaches(peer.pod))) return;
    }
    if (bus.connectedForMs < LIMITS.suspectAfterConnectedMs) return;
    const confirmed = await this.#confirmedByAnother(peer);
    if (confirmed === 'reached' || this.#stopped || !membership.holds) return;
    const heartbeatAgeMs = confirmed === 'not reached' ? 0 : LIMITS.suspectHeartbeatAgeMs;
    const event = await ownership.expire(peer, membership.owner, heartbeatAgeMs);
    if (event === undefined) return;
    log.warn({ pod: peer.pod, incarnation: peer.incarnation }, 'a Pod is gone: its symbols are free');
    watch.tell(event);
  }

  /** False only when the server said that nobody listens; whatever else goes wrong says nothing about the peer. */
  async #reaches(pod: string): Promise<boolean> {
    const { bus, subjects } = this.#options;
    try {
      await bus.request(subjects.pod(pod, 'ping'), '', PING_TIMEOUT_MS);
      return true;
    } catch (error) {
      return !(error instanceof NoRespondersError);
    }
  }

  /** What the first other Pod that answers says. */
  async #confirmedByAnother(suspect: PodRow): Promise<'reached' | 'not reached' | 'nobody to ask'> {
    const { watch, membership, bus, subjects } = this.#options;
    const others = watch.view.pods.filter(
      ({ incarnation, live }) =>
        live && incarnation !== suspect.incarnation && incarnation !== membership.owner.incarnation,
    );
    for (const { pod } of others) {
      try {
        const data = await bus.request(
          subjects.pod(pod, 'probe'),
          JSON.stringify({ pod: suspect.pod }),
          PING_TIMEOUT_MS,
        );
        const { reached } = JSON.parse(new TextDecoder().decode(data)) as { readonly reached: boolean };
        return reached ? 'reached' : 'not reached';
      } catch {
        // It may be gone as well: the next one is asked.
      }
    }
    return 'nobody to ask';
  }

  #onProbe(message: BusMessage): void {
    const { pod } = JSON.parse(new TextDecoder().decode(message.data)) as { readonly pod: string };
    this.#reaches(pod)
      .then((reached) => message.respond(JSON.stringify({ ok: true, reached })))
      .catch(() => undefined);
  }
}

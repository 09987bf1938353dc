/** `coinpilot collector`: brings market data into a cluster. Any number may run, one is active (supervisors/collector.ts). */
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../adapters/system-clock.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { Collector } from '../collector.ts';
import { outsideFailures } from '../outside-failure.ts';
import { type PartSpec, RestForOne, type RunningPart } from '../rest-for-one.ts';
import { withTimeout } from '../waiting.ts';
import { partPolicy } from './engine.ts';
import type { EngineConfig } from './engine-config.ts';
import { type EngineCallbacks, EngineContext } from './engine-context.ts';
import { feedFailure } from './feed.ts';
import { startLedger } from './ledger-parts.ts';
import { startBus } from './server-parts.ts';
import { startStatus } from './status-part.ts';

/** How long a stop waits for the ledger to take the role back; without that its lease runs out. */
const HAND_OVER_MS_MAX = 5_000;

export class CollectorProcess {
  readonly #context: EngineContext;
  readonly #supervisor: RestForOne;
  /** Undefined until bus and ledger are there. */
  #collector: Collector | undefined;
  #stopping = false;

  constructor(config: EngineConfig, log: Log, callbacks: EngineCallbacks) {
    this.#context = new EngineContext(config, undefined, log, callbacks);
    this.#supervisor = new RestForOne({
      parts: this.#parts(),
      policy: partPolicy(LIMITS.restartsMax, LIMITS.restartBackoffMaxMs),
      outsidePolicy: partPolicy(LIMITS.fencesMax, LIMITS.outsideBackoffMaxMs),
      clock: systemClock,
      log,
      onGiveUp: callbacks.onGiveUp,
    });
  }

  /** Resolves when it is active or stands by; rejects when a part gives up. */
  start(): Promise<void> {
    return this.#supervisor.start();
  }

  stop(): Promise<void> {
    this.#stopping = true;
    return this.#supervisor.stop();
  }

  get addresses(): { readonly nats: string; readonly postgres: string; readonly http: string } {
    const { natsUrl, databaseUrl, http } = this.#context;
    return { nats: natsUrl, postgres: databaseUrl, http: http?.url ?? '' };
  }

  /** Active or standing by: both are what a collector is for. */
  get #ready(): boolean {
    return !this.#stopping && this.#context.bus?.connected === true && this.#collector?.leaseKnown === true;
  }

  #parts(): readonly PartSpec[] {
    const context = this.#context;
    const part = (name: string, start: PartSpec['start']): PartSpec => ({ name, start: outsideFailures(start) });
    return [
      part('http', () =>
        startStatus(context, {
          live: () => !this.#supervisor.gaveUp,
          ready: () => this.#ready,
          status: () => this.#status(),
        }),
      ),
      part('bus', (failed, signal) => startBus(context, failed, signal)),
      part('ledger', (_, signal) => startLedger(context, signal)),
      part('collector', (failed) => this.#startCollector(failed)),
    ];
  }

  async #startCollector(failed: (error: unknown) => void): Promise<RunningPart> {
    const { config, ledger, bus, subjects, log, feed } = this.#context;
    if (feed === undefined) throw new Error('a collector has a feed');
    const collector = new Collector({
      owner: { pod: config.pod, incarnation: randomUUID() },
      feed,
      ledger,
      bus,
      subjects,
      clock: systemClock,
      log,
      onFailed: (error) => failed(feedFailure(error)),
    });
    await collector.start();
    this.#collector = collector;
    return {
      stop: async () => {
        await withTimeout(systemClock, collector.stop(), HAND_OVER_MS_MAX);
        this.#collector = undefined;
      },
    };
  }

  #status(): Readonly<Record<string, unknown>> {
    const { config, feed } = this.#context;
    return {
      collector: config.pod,
      feed: config.feed.kind,
      symbols: feed?.symbols ?? [],
      restarts: this.#supervisor.restarts,
      ...this.#collector?.status,
    };
  }
}

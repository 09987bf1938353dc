/**
 * An engine process: the parts of a Pod in the order in which they depend on each other, under rest-for-one supervision.
 * `up` brings its own servers and a feed; `pod` connects to what is there.
 */
import { systemClock, systemRandom } from '../../adapters/system-clock.ts';
import { createMetrics } from '../../gateway/metrics.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { outsideFailures } from '../outside-failure.ts';
import { rehearse } from '../rehearsal.ts';
import { type PartSpec, RestForOne, type RunningPart } from '../rest-for-one.ts';
import { RestartPolicy } from '../restart-policy.ts';
import type { EngineConfig } from './engine-config.ts';
import { type EngineCallbacks, EngineContext } from './engine-context.ts';
import { startGateway } from './gateway-part.ts';
import { startLedger } from './ledger-parts.ts';
import { podMetrics } from './pod-metrics.ts';
import { startBroker, startBus, startPostgres } from './server-parts.ts';
import type { StateFolder } from './state-folder.ts';
import { startStatus } from './status-part.ts';
import { createPod, startMarket, symbolSettings } from './trading-parts.ts';

export class Engine {
  readonly context: EngineContext;
  readonly #supervisor: RestForOne;

  constructor(config: EngineConfig, state: StateFolder | undefined, log: Log, callbacks: EngineCallbacks) {
    this.context = new EngineContext(config, state, log, callbacks);
    this.context.pod = createPod(this.context);
    this.#supervisor = new RestForOne({
      parts: this.#parts(),
      policy: partPolicy(LIMITS.restartsMax, LIMITS.restartBackoffMaxMs),
      outsidePolicy: partPolicy(LIMITS.fencesMax, LIMITS.outsideBackoffMaxMs),
      clock: systemClock,
      log,
      onGiveUp: callbacks.onGiveUp,
    });
  }

  /** Resolves when everything serves; rejects when a part gives up. */
  async start(): Promise<void> {
    await rehearse(symbolSettings(this.context.config, 'KRW-BTC'), systemClock, this.context.log);
    await this.#supervisor.start();
  }

  /** Ends for good: symbols are handed to other Pods, what is left is given up. */
  stop(): Promise<void> {
    this.context.pod.end();
    return this.#supervisor.stop();
  }

  get addresses(): { readonly nats: string; readonly postgres: string; readonly http: string } {
    const { natsUrl, databaseUrl, http } = this.context;
    return { nats: natsUrl, postgres: databaseUrl, http: http?.url ?? '' };
  }

  #parts(): readonly PartSpec[] {
    const { context } = this;
    const { role, databaseUrl, natsUrl } = context.config;
    const part = (name: string, start: PartSpec['start']): PartSpec => ({ name, start: outsideFailures(start) });
    return [
      ...(role === 'pod' ? [part('http', () => this.#startStatus())] : []),
      ...(databaseUrl === null ? [part('postgres', (failed) => startPostgres(context, failed))] : []),
      ...(natsUrl === null ? [part('broker', () => startBroker(context))] : []),
      part('bus', (failed, signal) => startBus(context, failed, signal)),
      part('ledger', (_, signal) => startLedger(context, signal)),
      ...context.pod.parts(),
      ...(role === 'up' ? [part('http', () => this.#startGateway())] : []),
      part('market', (failed) => startMarket(context, failed)),
    ];
  }

  /** `up` is all there is: it shows itself. */
  #startGateway(): Promise<RunningPart> {
    const { context } = this;
    return startGateway(context, {
      ready: () => ({
        ledger: context.pod.ledgerUp,
        bus: context.bus.connected,
        ownership: context.pod.serving && context.pod.holds && !context.pod.ending,
      }),
      status: () => ({ ready: context.ready, ...this.#status() }),
    });
  }

  /** Of a Pod: probes are answered from the first second to the last. */
  #startStatus(): Promise<RunningPart> {
    const { context } = this;
    return startStatus(context, {
      live: () => !this.#supervisor.gaveUp,
      ready: () => context.ready,
      status: () => this.#status(),
      metrics: createMetrics(podMetrics(context.pod)),
    });
  }

  #status(): Readonly<Record<string, unknown>> {
    const { config, marketTime, commits, pod } = this.context;
    return {
      pod: config.pod,
      preset: config.preset.name,
      feed: config.feed.kind,
      marketTime: marketTime === undefined ? null : new Date(marketTime).toISOString(),
      commits: commits.commits,
      rows: commits.rows,
      restarts: this.#supervisor.restarts,
      symbols: [...(pod.symbols?.hosts.values() ?? [])].map(({ symbol, mode, epoch }) => ({ symbol, mode, epoch })),
    };
  }
}

export function partPolicy(restartsMax: number, backoffMaxMs: number): RestartPolicy {
  const { restartWindowMs: windowMs, restartBackoffFirstMs: backoffFirstMs } = LIMITS;
  return new RestartPolicy({ restartsMax, windowMs, backoffFirstMs, backoffMaxMs }, systemClock, systemRandom);
}

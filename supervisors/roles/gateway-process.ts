/** `coinpilot gateway`: shows what the Pods of a cluster do. Owns nothing and decides nothing: any number may run. */
import { systemClock } from '../../adapters/system-clock.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { outsideFailures } from '../outside-failure.ts';
import { type PartSpec, RestForOne } from '../rest-for-one.ts';
import { partPolicy } from './engine.ts';
import type { EngineConfig } from './engine-config.ts';
import { type EngineCallbacks, EngineContext } from './engine-context.ts';
import { ClusterReadiness, startGateway } from './gateway-part.ts';
import { startLedger } from './ledger-parts.ts';
import { startBus } from './server-parts.ts';

export class GatewayProcess {
  readonly #context: EngineContext;
  readonly #supervisor: RestForOne;

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

  /** Resolves when it serves; rejects when a part gives up. */
  start(): Promise<void> {
    return this.#supervisor.start();
  }

  stop(): Promise<void> {
    return this.#supervisor.stop();
  }

  get addresses(): { readonly nats: string; readonly postgres: string; readonly http: string } {
    const { natsUrl, databaseUrl, http } = this.#context;
    return { nats: natsUrl, postgres: databaseUrl, http: http?.url ?? '' };
  }

  #parts(): readonly PartSpec[] {
    const context = this.#context;
    const part = (name: string, start: PartSpec['start']): PartSpec => ({ name, start: outsideFailures(start) });
    return [
      part('bus', (failed, signal) => startBus(context, failed, signal)),
      part('ledger', (_, signal) => startLedger(context, signal)),
      part('gateway', () => {
        const readiness = new ClusterReadiness(context);
        return startGateway(context, { ready: () => readiness.now(), status: () => ({ gateway: context.config.pod }) });
      }),
    ];
  }
}

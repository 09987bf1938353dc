/** `coinpilot gateway`: shows what the Pods of a cluster do. Owns nothing and decides nothing: any number may run. */
import { systemClock } from '../../adapters/system-clock.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { outsideFailures } from '../outside-failure.ts';
import { type PartSpec, RestForOne, type RunningPart } from '../rest-for-one.ts';
import { partPolicy } from './engine.ts';
import type { EngineConfig } from './engine-config.ts';
import { type EngineCallbacks, EngineContext } from './engine-context.ts';
import { ClusterReadiness, startGateway } from './gateway-part.ts';
import { startLedger } from './ledger-parts.ts';
import { startBus } from './server-parts.ts';
import { startStatus } from './status-part.ts';

const NOT_READY = { ledger: false, bus: false, ownership: false };

export class GatewayProcess {
  readonly #context: EngineContext;
  readonly #supervisor: RestForOne;
  /** Answers probes while the gateway is not there. */
  #waiting: RunningPart | undefined;
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

  /** Resolves when it serves; rejects when a part gives up. */
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

  #parts(): readonly PartSpec[] {
    const context = this.#context;
    const part = (name: string, start: PartSpec['start']): PartSpec => ({ name, start: outsideFailures(start) });
    return [
      part('http', async () => {
        await this.#wait();
        return { stop: () => this.#leave() };
      }),
      part('bus', (failed, signal) => startBus(context, failed, signal)),
      part('ledger', (_, signal) => startLedger(context, signal)),
      part('gateway', () => this.#startGateway()),
    ];
  }

  /** Takes the port over for as long as it serves. */
  async #startGateway(): Promise<RunningPart> {
    const context = this.#context;
    const readiness = new ClusterReadiness(context);
    await this.#leave();
    try {
      const gateway = await startGateway(context, {
        ready: () => (this.#stopping ? NOT_READY : readiness.now()),
        status: () => ({ gateway: context.config.pod }),
      });
      return {
        stop: async () => {
          // The port is free at once; the clients get a moment to read that it ends.
          const stopped = gateway.stop();
          await this.#wait();
          await stopped;
        },
      };
    } catch (error) {
      await this.#wait();
      throw error;
    }
  }

  /** Servers that are away are waited for, and so is what still has to end: alive, and not ready. */
  async #wait(): Promise<void> {
    this.#waiting = await startStatus(this.#context, {
      live: () => !this.#supervisor.gaveUp,
      ready: () => false,
      status: () => ({ gateway: this.#context.config.pod }),
    });
  }

  async #leave(): Promise<void> {
    await this.#waiting?.stop();
    this.#waiting = undefined;
  }
}

/** The servers a Pod stands on: its own Postgres and broker when none are named, and the connection to the bus. */
import { startBroker as startEmbeddedBroker } from '../../adapters/broker/broker.ts';
import { startEmbeddedPostgres } from '../../adapters/embedded-postgres/server.ts';
import { NatsBus } from '../../adapters/nats/bus.ts';
import { systemClock } from '../../adapters/system-clock.ts';
import { RetryableError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { RunningPart } from '../rest-for-one.ts';
import { addressOf, untilReachable } from '../waiting.ts';
import type { EngineContext } from './engine-context.ts';
import { listenOn } from './listen.ts';

const WATCH_INTERVAL_MS = 500;

/** Starts (or adopts) the local Postgres and watches it: it may be killed like any other server. */
export async function startPostgres(context: EngineContext, failed: (error: unknown) => void): Promise<RunningPart> {
  const { config, folder, log } = context;
  const postgres = await startEmbeddedPostgres({ stateDirectory: folder.path, port: config.postgresPort.port, log });
  context.postgres = postgres;
  let stopped = false;
  const watch = (): void => {
    systemClock.after(WATCH_INTERVAL_MS, () => {
      if (stopped) return;
      // A look that failed says nothing about the server: the next one may.
      void postgres
        .isRunning()
        .catch(() => true)
        .then((running) => {
          if (stopped) return;
          if (running) {
            watch();
            return;
          }
          context.pod.ledgerUp = false;
          failed(new RetryableError('the embedded Postgres is gone'));
        });
    });
  };
  watch();
  return {
    stop: async () => {
      stopped = true;
      await postgres.stop();
    },
  };
}

export async function startBroker(context: EngineContext): Promise<RunningPart> {
  const { config, folder, log } = context;
  const broker = await listenOn(config.natsPort, folder.lastPorts.nats, (port) =>
    startEmbeddedBroker({
      port,
      log,
      maxPayloadBytes: LIMITS.brokerPayloadBytesMax,
      ...(config.natsToken === undefined ? {} : { token: config.natsToken }),
    }),
  );
  context.broker = broker;
  folder.rememberPorts({ nats: broker.port });
  return { stop: () => broker.close() };
}

export async function startBus(
  context: EngineContext,
  failed: (error: unknown) => void,
  signal: AbortSignal,
): Promise<RunningPart> {
  const { natsToken, pod } = context.config;
  const bus = await untilReachable(
    { clock: systemClock, log: context.log, signal },
    `NATS at ${addressOf(context.natsUrl)}`,
    () =>
      NatsBus.connect({
        url: context.natsUrl,
        name: `coinpilot-${pod}`,
        log: context.log,
        ...(natsToken === undefined ? {} : { token: natsToken }),
      }),
  );
  context.bus = bus;
  bus.onClosed(failed);
  return { stop: () => bus.close() };
}

/**
 * Everything that speaks NATS to us, for suites that hold for all of it. Where nats-server is not installed its cases
 * are skipped with the reason in their name; in CI that is a failure.
 */
import { startBroker } from '../../adapters/broker/broker.ts';
import { hasNatsServer, type NatsServerOptions, startNatsServer } from './nats-server.ts';

export interface RunningNats {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface NatsImplementation {
  readonly name: string;
  readonly isEmbedded: boolean;
  readonly isMissing: boolean;
  start(options?: NatsServerOptions): Promise<RunningNats>;
}

if (!hasNatsServer && process.env.CI) throw new Error('nats-server is missing: run scripts/install-test-servers.sh');

export const NATS_IMPLEMENTATIONS: readonly NatsImplementation[] = [
  {
    name: 'the embedded broker',
    isEmbedded: true,
    isMissing: false,
    async start(options = {}) {
      const broker = await startBroker({ port: 0, ...options });
      return { url: broker.url, port: broker.port, stop: () => broker.close() };
    },
  },
  {
    name: hasNatsServer ? 'nats-server' : 'nats-server (skipped: run scripts/install-test-servers.sh)',
    isEmbedded: false,
    isMissing: !hasNatsServer,
    start: (options) => startNatsServer(options),
  },
];

/**
 * Postgres and NATS in the place of the overlay's StatefulSets: real servers on this machine, with the user, database,
 * password and token that the manifests give to the engine, reached by the names of the manifests' Services.
 */
import { Client } from 'pg';
import { startBroker } from '../../adapters/broker/broker.ts';
import { ExternalPostgres } from '../../test/support/external-postgres.ts';
import { hasNatsServer, startNatsServer } from '../../test/support/nats-server.ts';
import type { Manifests, Service } from './objects.ts';
import type { Undertaker } from './undertaker.ts';

/** What the engine is told about its servers. */
export interface ServerSettings {
  readonly databaseUrl: string;
  readonly natsToken: string | undefined;
}

/** What a Pod's resolver knows: a Service's address by its name, and where a Service's port leads. */
export interface ServiceTable {
  readonly names: Readonly<Record<string, string>>;
  readonly routes: Readonly<Record<string, string>>;
}

const POSTGRES_PORT = 5432;
const NATS_PORT = 4222;

export class Servers {
  /** For clients outside of the cluster, without names. */
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly natsToken: string | undefined;
  /** Which NATS server it is. */
  readonly broker: string;
  readonly #postgres: ExternalPostgres;
  readonly #stopNats: () => Promise<void>;

  static async start(settings: ServerSettings, undertaker: Undertaker): Promise<Servers> {
    const postgres = await ExternalPostgres.start({ isDurable: true });
    try {
      const databaseUrl = await createDatabase(postgres.url, new URL(settings.databaseUrl));
      const token = settings.natsToken === undefined ? {} : { token: settings.natsToken };
      if (hasNatsServer) {
        const { url, pid, stop } = await startNatsServer(token);
        // Postgres would be killed in the middle of its files; what a killed run has left of it, the next one removes.
        undertaker.watch(pid);
        const stopNats = (): Promise<void> => stop().then(() => undertaker.forget(pid));
        return new Servers({ settings, postgres, databaseUrl, natsUrl: url, broker: 'nats-server', stopNats });
      }
      const broker = await startBroker({ port: 0, ...token });
      const stopNats = (): Promise<void> => broker.close();
      return new Servers({
        settings,
        postgres,
        databaseUrl,
        natsUrl: broker.url,
        broker: 'the embedded broker',
        stopNats,
      });
    } catch (error) {
      await postgres.remove();
      throw error;
    }
  }

  private constructor(parts: {
    readonly settings: ServerSettings;
    readonly postgres: ExternalPostgres;
    readonly databaseUrl: string;
    readonly natsUrl: string;
    readonly broker: string;
    readonly stopNats: () => Promise<void>;
  }) {
    this.databaseUrl = parts.databaseUrl;
    this.natsUrl = parts.natsUrl;
    this.natsToken = parts.settings.natsToken;
    this.broker = parts.broker;
    this.#postgres = parts.postgres;
    this.#stopNats = parts.stopNats;
  }

  /** Services in front of a StatefulSet, fully qualified; nothing else resolves. */
  tableOf(manifests: Manifests): ServiceTable {
    const names: Record<string, string> = {};
    const routes: Record<string, string> = {};
    const real = new Map([
      [POSTGRES_PORT, new URL(this.databaseUrl).host],
      [NATS_PORT, new URL(this.natsUrl).host],
    ]);
    for (const [index, service] of manifests.all('Service').entries()) {
      const address = `127.3.0.${index + 1}`;
      for (const name of namesOf(service, manifests)) names[name] = address;
      for (const { port } of service.spec.ports) {
        const target = real.get(port);
        if (target !== undefined) routes[`${address}:${port}`] = target;
      }
    }
    return { names, routes };
  }

  async stop(): Promise<void> {
    await this.#stopNats();
    // Nobody reads its data again, so that nobody waits until all of it is on disk.
    await this.#postgres.kill().catch(() => undefined);
    await this.#postgres.remove();
  }
}

/** The Service's own name, and those of the Pods behind it where it is a StatefulSet's. */
function namesOf({ metadata }: Service, manifests: Manifests): string[] {
  const name = `${metadata.name}.${metadata.namespace ?? 'default'}.svc.cluster.local`;
  const sets = manifests.all('StatefulSet').filter(({ spec }) => spec.serviceName === metadata.name);
  const pods = sets.flatMap(({ metadata: set, spec }) =>
    Array.from({ length: spec.replicas ?? 1 }, (_, index) => `${set.name}-${index}.${name}`),
  );
  return [name, ...pods];
}

async function createDatabase(adminUrl: string, wanted: URL): Promise<string> {
  const [user, password, database] = [wanted.username, wanted.password, wanted.pathname.slice(1)].map(
    decodeURIComponent,
  );
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  const { username } = new URL(adminUrl);
  const quoted = (text = ''): string => client.escapeIdentifier(text);
  if (user !== username)
    await client.query(`create role ${quoted(user)} login password ${client.escapeLiteral(password ?? '')}`);
  if (database !== 'postgres') await client.query(`create database ${quoted(database)} owner ${quoted(user)}`);
  await client.end();
  const url = new URL(wanted);
  url.host = new URL(adminUrl).host;
  return url.href;
}

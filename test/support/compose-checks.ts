/**
 * What must hold of docker-compose.yaml, check by check: each gives a sentence for everything that breaks it. They stand for the
 * container engine that is not there when the tests run, and for the reviewer who would overlook a missing line.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readEngineSettings } from '../../cli/engine-settings.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { type Compose, type ComposeService, environmentOfService, variablesOf } from './compose.ts';
import type { Instruction } from './dockerfile.ts';

export interface ComposeFacts {
  readonly compose: Compose;
  /** Of our own image. */
  readonly dockerfile: readonly Instruction[];
  readonly version: string;
  /** The folder of docker-compose.yaml. */
  readonly root: string;
}

export type ComposeCheck = (facts: ComposeFacts) => string[];

/** What .env must hold; the values are good enough for every setting. */
export const SECRETS = {
  POSTGRES_PASSWORD: 'a1b2c3d4e5f60718293a4b5c',
  NATS_TOKEN: '12e5c3d4e5f60718293a4b5c',
  READ_TOKEN: 'c1b2c3d4e5f60718293a4b5c',
  CONTROL_TOKEN: 'd1b2c3d4e5f60718293a4b5c',
} as const;

/** The fields in use, level by level; a name that is not here is a slip, or has to be looked up and added. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  file: ['name', 'services', 'networks', 'volumes'],
  service:
    'build cap_drop command depends_on deploy environment healthcheck image logging networks ports pull_policy read_only restart security_opt shm_size stop_grace_period stop_signal tmpfs user volumes'.split(
      ' ',
    ),
  build: ['context', 'args'],
  deploy: ['replicas', 'resources'],
  healthcheck: ['test', 'interval', 'timeout', 'retries', 'start_period'],
  logging: ['driver', 'options'],
};
const OTHER_VARIABLES = ['DATABASE_URL', 'NATS_URL', 'NATS_TOKEN', 'NODE_OPTIONS'];

export const COMPOSE_CHECKS: Readonly<Record<string, ComposeCheck>> = {
  fields: ({ compose }) => {
    const unknown = (level: string, value: unknown, where: string): string[] =>
      Object.keys(value ?? {})
        .filter((name) => !FIELDS[level]?.includes(name) && !(level === 'file' && name.startsWith('x-')))
        .map((name) => `${where}${name}: there is no such field`);
    return [
      ...unknown('file', compose, ''),
      ...each(compose, (service, name) => [
        ...unknown('service', service, `${name}.`),
        ...unknown('build', service.build, `${name}.build.`),
        ...unknown('deploy', service.deploy, `${name}.deploy.`),
        ...unknown('healthcheck', service.healthcheck, `${name}.healthcheck.`),
        ...unknown('logging', service.logging, `${name}.logging.`),
      ]),
    ];
  },

  secrets: ({ compose }) =>
    each(compose, ({ environment = {} }, name) =>
      Object.entries(environment)
        .filter(([variable]) => /TOKEN|PASSWORD|DATABASE_URL/.test(variable))
        .filter(([, value]) => !variablesOf(value).some(({ isRequired }) => isRequired))
        .map(([variable]) => `${name}: ${variable} must come from a variable without a default`),
    ),

  pinned: ({ compose, version }) =>
    each(compose, (service, name) => {
      if (isOurs(service))
        return service.image === `coinpilot:${version}` ? [] : [`${name}: is not version ${version}`];
      return /:\d+\.\d+(?:\.\d+)?(?:-\w+)?$/.test(service.image) ? [] : [`${name}: ${service.image} is not pinned`];
    }),

  locked: ({ compose, dockerfile }) => {
    const imageUser = dockerfile.findLast((instruction) => instruction.name === 'USER')?.text;
    return each(compose, (service, name) => {
      const user = service.user ?? (isOurs(service) ? imageUser : undefined);
      return [
        ...(service.read_only === true ? [] : [`${name}: can write to its root`]),
        ...(service.cap_drop?.includes('ALL') ? [] : [`${name}: keeps capabilities`]),
        ...(service.security_opt?.includes('no-new-privileges:true') ? [] : [`${name}: may gain privileges`]),
        ...(user !== undefined && !/^(?:0|root)\b/.test(user) ? [] : [`${name}: runs as root`]),
        ...(service.logging?.options?.['max-size'] === undefined ? [`${name}: its log grows without bound`] : []),
        ...(service.restart === undefined ? [`${name}: is not started again`] : []),
      ];
    });
  },

  ports: ({ compose, dockerfile }) => {
    const exposed = dockerfile.filter(({ name }) => name === 'EXPOSE').flatMap(({ text }) => text.split(/\s+/));
    return each(compose, ({ ports = [], environment = {}, networks = [] }, name) => [
      ...ports.flatMap((port) => {
        const [, inside] = /^127\.0\.0\.1:\d+:(\d+)$/.exec(port) ?? [];
        if (inside === undefined) return [`${name}: ${port} reaches further than this machine`];
        const isServed = exposed.includes(inside) && environment.COINPILOT_HTTP_PORT === inside;
        return isServed ? [] : [`${name}: nothing listens on ${inside}`];
      }),
      ...(ports.length > 0 && networks.every((network) => compose.networks[network]?.internal)
        ? [`${name}: publishes a port, but all its networks are internal`]
        : []),
    ]);
  },

  needs: ({ compose }) =>
    each(compose, (service, name) => [
      ...Object.entries(service.depends_on ?? {}).flatMap(([other, { condition }]) => {
        const needed = compose.services[other];
        if (needed === undefined) return [`${name}: needs ${other}, which is not there`];
        if (condition === 'service_healthy' && needed.healthcheck === undefined)
          return [`${name}: waits for the health of ${other}, which tells none`];
        if (condition === 'service_completed_successfully' && needed.restart?.startsWith('on-failure') !== true)
          return [`${name}: waits for the end of ${other}, which is started again`];
        return condition === 'service_started' ? [`${name}: does not wait until ${other} serves`] : [];
      }),
      ...(isOurs(service) ? neededServers(service) : [])
        .filter((other) => service.depends_on?.[other] === undefined)
        .map((other) => `${name}: does not wait for ${other}`),
    ]),

  addresses: ({ compose }) =>
    each(compose, (service, name) => {
      const { DATABASE_URL, NATS_URL } = environmentOfService(service, SECRETS);
      return Object.entries({ DATABASE_URL, NATS_URL }).flatMap(([variable, address]) => {
        if (address === undefined) return [];
        const { hostname } = new URL(address);
        const other = compose.services[hostname];
        if (other === undefined) return [`${name}: ${variable} names ${hostname}, which is not there`];
        const shares = other.networks?.some((network) => service.networks?.includes(network)) === true;
        return shares ? [] : [`${name}: has no network in common with ${hostname}`];
      });
    }),

  settings: ({ compose }) =>
    each(compose, (service, name) => {
      if (!isOurs(service)) return [];
      const environment = environmentOfService(service, SECRETS);
      const [role = '', ...flags] = service.command ?? [];
      const unread = Object.keys(environment)
        .filter((variable) => !variable.startsWith('COINPILOT_') && !OTHER_VARIABLES.includes(variable))
        .map((variable) => `${name}: nothing reads ${variable}`);
      if (role === 'migrate') return unread;
      if (role !== 'pod' && role !== 'collector' && role !== 'gateway') return [`${name}: there is no command ${role}`];
      try {
        const { config } = readEngineSettings(role, flagsOf(flags), environment);
        return config.natsToken === undefined ? [...unread, `${name}: has no token for NATS`] : unread;
      } catch (error) {
        return [...unread, `${name}: ${(error as Error).message}`];
      }
    }),

  health: ({ compose }) =>
    each(compose, ({ healthcheck, environment = {}, command = [], ...service }, name) => {
      if (!isOurs(service) || command[0] === 'migrate') return [];
      const wanted = `http://127.0.0.1:${environment.COINPILOT_HTTP_PORT}/healthz/ready`;
      return healthcheck?.test.join(' ').includes(`'${wanted}'`) ? [] : [`${name}: is not asked at ${wanted}`];
    }),

  grace: ({ compose }) =>
    each(compose, (service, name) => {
      const seconds = Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '')?.[1] ?? 10);
      const isEnough = !isOurs(service) || seconds * 1_000 > LIMITS.stopTimeoutMs;
      return isEnough ? [] : [`${name}: is killed after ${seconds} s, while it may still hand over`];
    }),

  durable: ({ compose }) => {
    const { command = [], volumes = [] } = compose.services.postgres ?? {};
    const lacking = ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on'].filter(
      (set) => !command.includes(set),
    );
    const isKept = volumes.some((volume) => /^\w+:\/var\/lib\/postgresql\/data$/.test(volume));
    return [
      ...lacking.map((set) => `postgres: runs without ${set}`),
      ...(isKept ? [] : ['postgres: its data is gone with the container']),
    ];
  },

  mounts: ({ compose, root }) =>
    each(compose, ({ volumes = [], networks = [] }, name) => [
      ...volumes.flatMap((volume) => {
        const [from = ''] = volume.split(':');
        if (from.startsWith('.')) return existsSync(join(root, from)) ? [] : [`${name}: ${from} is not there`];
        return from in compose.volumes ? [] : [`${name}: the volume ${from} is not declared`];
      }),
      ...networks.flatMap((network) =>
        network in compose.networks ? [] : [`${name}: the network ${network} is not declared`],
      ),
    ]),
};

/** Flags as the command line makes them of `--feed demo`. */
function flagsOf(words: readonly string[]): Record<string, string> {
  const flags: Record<string, string> = {};
  for (const [index, word] of words.entries()) {
    const name = word.replace(/^--/, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    if (word.startsWith('--')) flags[name] = words[index + 1] ?? '';
  }
  return flags;
}

function each(compose: Compose, check: (service: ComposeService, name: string) => string[]): string[] {
  return Object.entries(compose.services).flatMap(([name, service]) => check(service, name));
}

function isOurs({ image }: Pick<ComposeService, 'image'>): boolean {
  return image.startsWith('coinpilot:');
}

function neededServers({ command = [] }: ComposeService): readonly string[] {
  return command[0] === 'migrate' ? ['postgres'] : ['postgres', 'nats', 'migrate'];
}

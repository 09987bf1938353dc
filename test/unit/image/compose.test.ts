// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is how Compose writes a variable
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import { interpolate, readCompose } from '../../support/compose.ts';
import { COMPOSE_CHECKS, type ComposeFacts } from '../../support/compose-checks.ts';
import { parseDockerfile } from '../../support/dockerfile.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COMPOSE = readFileSync(`${ROOT}docker-compose.yaml`, 'utf8');

function factsOf(text: string): ComposeFacts {
  return {
    compose: readCompose(text),
    dockerfile: parseDockerfile(readFileSync(`${ROOT}Dockerfile`, 'utf8')),
    version: JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).version,
    root: ROOT,
  };
}

/** The checks that find something. */
function failing(text: string): string[] {
  const facts = factsOf(text);
  return Object.entries(COMPOSE_CHECKS).flatMap(([name, check]) => (check(facts).length === 0 ? [] : [name]));
}

/** Each line is wrong in one way, and the check that must see it. */
const SLIPS: readonly (readonly [check: string, right: string, wrong: string])[] = [
  ['fields', 'healthcheck: { <<: *ready }', 'healtcheck: { <<: *ready }'],
  ['fields', 'interval: 2s', 'intervall: 2s'],
  ['fields', 'pull_policy:', 'pull:'],
  ['secrets', '"${NATS_TOKEN:?make .env, see docker-compose.yaml}"', '"${NATS_TOKEN:-secret}"'],
  ['secrets', '${CONTROL_TOKEN:?make .env, see docker-compose.yaml}', 'letmeinletmeinletmein'],
  ['pinned', 'nats:2.12.15-alpine', 'nats:latest'],
  ['pinned', 'postgres:17.11-bookworm', 'postgres'],
  ['pinned', 'image: coinpilot:', 'image: coinpilot:9'],
  ['locked', 'read_only: true', 'read_only: false'],
  ['locked', 'cap_drop: [ALL]', 'cap_drop: [NET_RAW]'],
  ['locked', 'no-new-privileges:true', 'no-new-privileges:false'],
  ['locked', "user: '10002:10002'", "user: '0:0'"],
  ['locked', 'max-size: 10m, ', ''],
  ['locked', 'restart: unless-stopped', 'stop_signal: SIGTERM'],
  ['ports', "'127.0.0.1:8080:8080'", "'8080:8080'"],
  ['ports', "'127.0.0.1:8080:8080'", "'127.0.0.1:8080:80'"],
  ['ports', 'networks: [inside, door]', 'networks: [inside]'],
  ['needs', 'nats: { condition: service_healthy }', 'nats: { condition: service_started }'],
  ['needs', '  migrate: { condition: service_completed_successfully }', ''],
  ['needs', 'restart: on-failure:5', 'restart: always'],
  ['addresses', '@postgres:5432', '@postgresql:5432'],
  ['addresses', 'nats://nats:4222', 'nats://broker:4222'],
  ['addresses', "user: '10002:10002'\n    networks: [inside]", "user: '10002:10002'\n    networks: [door]"],
  ['settings', 'COINPILOT_HTTP_HOST:', 'COINPILOT_HTTP_HOTS:'],
  ['settings', '  NATS_TOKEN: ${', '  NATS_TOKN: ${'],
  ['settings', 'command: [collector, --feed, demo]', 'command: [collector]'],
  ['settings', 'command: [pod]', 'command: [pods]'],
  ['settings', 'COINPILOT_READ_TOKEN: ${READ_TOKEN:', 'COINPILOT_READ_TOKEN: ${CONTROL_TOKEN:'],
  ['health', '/healthz/ready', '/healthz/lives'],
  ['grace', 'stop_grace_period: 45s', 'stop_grace_period: 15s'],
  ['durable', 'fsync=on', 'fsync=off'],
  ['durable', 'postgres:/var/lib/postgresql/data', 'postgres:/var/lib/postgresql/17/data'],
  ['mounts', './compose/nats.conf', './compose/nast.conf'],
  ['mounts', '  door: {}\n', ''],
];

describe('docker-compose.yaml', () => {
  it('passes every check', () => {
    const problems = Object.values(COMPOSE_CHECKS).flatMap((check) => check(factsOf(COMPOSE)));
    expect(problems).toEqual([]);
  });

  it.each(SLIPS)('is refused by the check of %s with a slip: %s → %s', (check, right, wrong) => {
    expect(COMPOSE).toContain(right);
    expect(failing(COMPOSE.replace(right, wrong))).toContain(check);
  });

  it('has a slip for every check', () => {
    expect(new Set(SLIPS.map(([check]) => check))).toEqual(new Set(Object.keys(COMPOSE_CHECKS)));
  });

  it('runs every role twice where two are needed, and one broker that takes what the embedded one takes', () => {
    const { services } = readCompose(COMPOSE);
    expect(services.engine?.deploy?.replicas).toBe(2);
    expect(Object.values(services).map(({ command = [] }) => command[0])).toEqual(
      expect.arrayContaining(['pod', 'collector', 'gateway', 'migrate']),
    );
    const [, megabytes] = /^max_payload: (\d+)MB$/m.exec(readFileSync(`${ROOT}compose/nats.conf`, 'utf8')) ?? [];
    expect(Number(megabytes) * 1_048_576).toBe(LIMITS.brokerPayloadBytesMax);
  });

  it('says what to do when a secret is missing', () => {
    const { services } = readCompose(COMPOSE);
    expect(() => interpolate(services.gateway?.environment?.COINPILOT_READ_TOKEN ?? '', {})).toThrow(
      /READ_TOKEN.*\.env/,
    );
  });
});

/** Mistakes in settings are told where they were made, all at once, before anything starts; secrets are not quoted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readEngineSettings } from '../../../cli/engine-settings.ts';
import { DEFAULT_RISK_SETTINGS } from '../../../domain/risk.ts';
import type { Role } from '../../../supervisors/roles/engine-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'coinpilot-settings-'));

afterAll(() => rmSync(folder, { recursive: true }));

function problems(
  flags: Record<string, unknown>,
  environment: Record<string, string> = {},
  role: Role = 'up',
): string[] {
  try {
    readEngineSettings(role, flags, environment);
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  return [];
}

describe('settings', () => {
  it('name every recording that is missing, and a folder', () => {
    expect(problems({ feed: `file:gone.csv,${folder},gone-too.csv` })).toEqual([
      '--feed: gone.csv: there is no such file',
      `--feed: ${folder}: is a folder; name its files, separated by commas`,
      '--feed: gone-too.csv: there is no such file',
    ]);
  });

  it('refuse what is no address of a server, without quoting it', () => {
    const environment = { DATABASE_URL: 'mysql://me:secret@host/base', NATS_URL: 'https://token-secret@host' };
    expect(problems({}, environment)).toEqual([
      'DATABASE_URL: must be an address such as postgres://user:password@host:5432/database',
      'NATS_URL: must be an address such as nats://host:4222',
    ]);
    expect(problems({ databaseUrl: 'nonsense', natsUrl: 'a host' })).toHaveLength(2);
  });

  it.each(['nats://host:4222', 'nats://token@host', 'tls://host', 'host:4222', 'host'])(
    'take %s as NATS server',
    (url) => {
      expect(problems({ natsUrl: url, databaseUrl: 'postgresql://user@host/base' })).toEqual([]);
    },
  );

  it('of the feed, in a file for all processes of a cluster, are for its collectors', () => {
    const servers = { databaseUrl: 'postgres://host/base', natsUrl: 'nats://host' };
    const config = join(folder, 'cluster.yaml');
    writeFileSync(config, 'feed: demo\nseed: 7\nspeed: 30\n');
    const feedOf = (role: Role) => readEngineSettings(role, { ...servers, config }, {}).config.feed;
    expect(feedOf('collector')).toEqual({ kind: 'demo', seed: 7, speed: 30 });
    expect([feedOf('pod'), feedOf('gateway')]).toEqual([{ kind: 'bus' }, { kind: 'bus' }]);
    expect(() => readEngineSettings('collector', servers, {})).toThrow(/^--feed: a collector needs one/);
    expect(() => readEngineSettings('collector', { ...servers, config, speed: 'max' }, {})).toThrow(/^--speed: /);
  });

  it('name the file, the variable or the flag in which the mistake stands', () => {
    const config = join(folder, 'mine.yaml');
    writeFileSync(config, 'preset: v9\nbogus: 1\n');
    expect(problems({ config, set: ['a'] }, { COINPILOT_FEED: 'crystal-ball' })).toEqual([
      expect.stringMatching(/^.*mine\.yaml, preset: there is no preset "v9"/),
      expect.stringMatching(/^--set: /),
      expect.stringMatching(/^COINPILOT_FEED: must be demo/),
      expect.stringMatching(/^.*mine\.yaml: there is no setting "bogus"$/),
    ]);
  });
});

describe('settings of who may reach the pages', () => {
  const TOKENS = { COINPILOT_READ_TOKEN: 'read-0123456789abcdef', COINPILOT_CONTROL_TOKEN: 'control-0123456789abcdef' };
  const SERVERS = { DATABASE_URL: 'postgres://host/base', NATS_URL: 'nats://host' };

  it.each(['up', 'gateway'] as const)('%s serves other machines only with both tokens', (role) => {
    const flags = { httpHost: '0.0.0.0' };
    expect(problems(flags, SERVERS, role)).toEqual([
      '--http-host: others than this machine reach 0.0.0.0: give readToken and controlToken too',
    ]);
    const { COINPILOT_READ_TOKEN } = TOKENS;
    expect(problems(flags, { ...SERVERS, COINPILOT_READ_TOKEN }, role)).toHaveLength(1);
    expect(problems(flags, { ...SERVERS, ...TOKENS }, role)).toEqual([]);
  });

  it('a pod shows nothing but its health, to whoever probes it', () => {
    expect(problems({ httpHost: '0.0.0.0' }, SERVERS, 'pod')).toEqual([]);
  });

  it('refuse a token that can be guessed or that lets everybody command, without quoting it', () => {
    const refused = problems(
      {},
      { COINPILOT_READ_TOKEN: 'hunter2', COINPILOT_CONTROL_TOKEN: 'has a space in it, long' },
    );
    expect(refused).toHaveLength(2);
    expect(refused.join()).not.toMatch(/hunter2|space in it/);
    const { COINPILOT_READ_TOKEN } = TOKENS;
    expect(problems({}, { COINPILOT_READ_TOKEN, COINPILOT_CONTROL_TOKEN: COINPILOT_READ_TOKEN })).toEqual([
      'controlToken: must differ from readToken: who may look must not be able to command',
    ]);
  });

  it('refuse an origin that no browser would send', () => {
    expect(problems({}, { COINPILOT_ORIGINS: 'https://desk.example' })).toEqual([]);
    for (const origin of ['desk.example', 'https://desk.example/', 'https://desk.example/path', '*']) {
      expect(problems({}, { COINPILOT_ORIGINS: origin })).toEqual([
        `COINPILOT_ORIGINS: "${origin}" is not an origin such as https://desk.example`,
      ]);
    }
  });
});

describe('the risk limits', () => {
  const given = (yaml: string, flags: Record<string, unknown>): Record<string, unknown> => {
    const config = join(folder, 'limits.yaml');
    writeFileSync(config, yaml);
    return { config, ...flags };
  };
  const read = (yaml: string, flags: Record<string, unknown> = {}) =>
    readEngineSettings('up', given(yaml, flags), {}).config.riskSettings;

  it('are those of the strategy when nothing is said', () => {
    expect(read('')).toEqual(DEFAULT_RISK_SETTINGS);
  });

  it('come from the file, single ones from flags on top', () => {
    const yaml = 'limits: { orderShareMax: 10 %, positionsMax: 3, cooldownMs: 4 h }';
    expect(read(yaml, { limit: ['positionsMax=2', 'dailyLossShareMax=0.02'] })).toEqual({
      ...DEFAULT_RISK_SETTINGS,
      orderShareMax: 0.1,
      positionsMax: 2,
      cooldownMs: 14_400_000,
      dailyLossShareMax: 0.02,
    });
  });

  it('are refused all at once, each with its place', () => {
    const config = join(folder, 'limits.yaml');
    const flags = { limit: ['orderShareMax=200%'] };
    expect(problems(given('limits: { positionsMax: 0, speed: 1 }', flags))).toEqual([
      `${config}, limits: positionsMax: must be a whole number from 1 to 1000, not "0"`,
      expect.stringContaining(`${config}, limits: there is no limit "speed": they are orderShareMax, `),
      '--limit: orderShareMax: must be a share from 0.001 to 1, or as percent such as "20 %", not "200%"',
    ]);
  });
});

/** Mistakes in settings are told where they were made, all at once, before anything starts; secrets are not quoted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readEngineSettings } from '../../../cli/engine-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'coinpilot-settings-'));

afterAll(() => rmSync(folder, { recursive: true }));

function problems(flags: Record<string, unknown>, environment: Record<string, string> = {}): string[] {
  try {
    readEngineSettings('up', flags, environment);
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

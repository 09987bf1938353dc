import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../../cli/exit-codes.ts';
import { findEngine, type Sources, setting } from '../../../cli/find-engine.ts';

/** No process has it: above the largest id Linux gives. */
const DEAD_PID = 2 ** 22 + 1;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'coinpilot-find-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function engine(path: string, ready: { nats: string; pid?: number; natsToken?: string }): void {
  mkdirSync(join(directory, path), { recursive: true });
  const info = { ready: true, pod: 'up', pid: process.pid, postgres: 'postgres://', http: 'http://', ...ready };
  writeFileSync(join(directory, path, 'ready.json'), JSON.stringify(info));
}

const find = (sources: Partial<Sources> = {}) =>
  findEngine({ flags: {}, environment: {}, file: {}, directory, ...sources });

describe('findEngine', () => {
  it('takes the only engine under .coinpilot, with its token', () => {
    engine('.coinpilot/paper-demo', { nats: 'nats://here', natsToken: 'secret' });
    mkdirSync(join(directory, '.coinpilot/never-started'));
    expect(find()).toEqual({ url: 'nats://here', token: 'secret', from: '.coinpilot/paper-demo/ready.json' });
  });

  it('lists the engines when several could be meant', () => {
    engine('.coinpilot/one', { nats: 'nats://one' });
    engine('.coinpilot/two', { nats: 'nats://two' });
    expect(() => find()).toThrow(UsageError);
    expect(() => find()).toThrow(/--state \.coinpilot\/one\n.*--state \.coinpilot\/two/);
  });

  it('passes over what a killed engine left behind when another one lives', () => {
    engine('.coinpilot/killed', { nats: 'nats://killed', pid: DEAD_PID });
    engine('.coinpilot/lives', { nats: 'nats://lives' });
    expect(find()).toMatchObject({ url: 'nats://lives' });
  });

  it('says how to start one when there is none', () => {
    expect(find()).toMatchObject({
      ok: false,
      error: { code: 'UNAVAILABLE', message: expect.stringContaining('coinpilot up') },
    });
    expect(find({ flags: { state: 'elsewhere' } })).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });
  });

  it('prefers what was typed: the address, then the folder, then the environment', () => {
    engine('mine', { nats: 'nats://mine', natsToken: 'of-the-folder' });
    const environment = { NATS_URL: 'nats://environment', NATS_TOKEN: 'of-the-environment' };
    expect(find({ environment })).toMatchObject({ url: 'nats://environment', token: 'of-the-environment' });
    expect(find({ environment: { NATS_URL: 'nats://environment' }, flags: { state: 'mine' } })).toMatchObject({
      url: 'nats://mine',
      token: 'of-the-folder',
    });
    expect(find({ environment, flags: { natsUrl: 'nats://typed', state: 'mine', natsToken: 'typed' } })).toEqual({
      url: 'nats://typed',
      token: 'typed',
      from: '--nats-url',
    });
  });

  it('reads the state folder of coinpilot.yaml', () => {
    engine('mine', { nats: 'nats://mine' });
    expect(find({ file: { state: 'mine' } })).toMatchObject({ url: 'nats://mine' });
  });
});

describe('setting', () => {
  it('reads a flag, else COINPILOT_…, else its other names, else the file; an empty one is none', () => {
    const sources: Sources = {
      flags: { prefix: 'flag' },
      environment: { COINPILOT_PREFIX: 'own', OTHER: 'other' },
      file: { prefix: 'file', timeout: 5 },
      directory,
    };
    expect(setting(sources, 'prefix', ['OTHER'])).toBe('flag');
    expect(setting({ ...sources, flags: {} }, 'prefix', ['OTHER'])).toBe('own');
    expect(
      setting({ ...sources, flags: {}, environment: { COINPILOT_PREFIX: '', OTHER: 'other' } }, 'prefix', ['OTHER']),
    ).toBe('other');
    expect(setting({ ...sources, flags: {}, environment: {} }, 'prefix', ['OTHER'])).toBe('file');
    expect(setting(sources, 'timeout', [])).toBe('5');
    expect(setting(sources, 'natsUrl', [])).toBeUndefined();
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readBacktestSettings } from '../../../cli/backtest-settings.ts';

const EXAMPLE = new URL('../../../coinpilot.example.yaml', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'coinpilot-backtest-settings-'));
const data = join(folder, 'KRW-BTC.csv');
writeFileSync(data, '');

afterAll(() => rmSync(folder, { recursive: true }));

function config(text: string): string {
  const path = join(folder, 'coinpilot.yaml');
  writeFileSync(path, text);
  return path;
}

const NONE = config('');

describe('the settings of a backtest', () => {
  it('are those of `up` where it does the same', () => {
    const settings = readBacktestSettings({ config: NONE, data: [data], fees: '0', set: ['minBounce=2.5'] }, {});
    expect(settings).toMatchObject({
      sources: [{ path: data }],
      paper: { feeRate: 0, slippageBps: 5, balance: '10000000' },
      preset: { name: 'v3.3', minBounce: 2.5 },
      risk: 'on',
      contradictions: 'refuse',
    });
  });

  it('come from environment and file too, beside everything `up` may have there', () => {
    // Every setting of the example once, those that are not active as well.
    const lines = [...readFileSync(EXAMPLE, 'utf8').matchAll(/^#?([a-zA-Z]+): (\S.*)$/gm)];
    const settingsOf = new Map(lines.map(([, name = '', value = '']) => [name, value]));
    settingsOf.delete('preset');
    const example = [...settingsOf].map(([name, value]) => `${name}: ${value}`).join('\n');
    expect(settingsOf.size).toBeGreaterThan(15);
    const environment = { COINPILOT_FROM: '2026-01-05', COINPILOT_NATS_PORT: '4223' };
    const settings = readBacktestSettings(
      { config: config(`${example}\ndata: ${data}\nto: 2026-02-01\n`) },
      environment,
    );
    expect(settings).toMatchObject({ from: Date.UTC(2026, 0, 5), to: Date.UTC(2026, 1, 1), sources: [{ path: data }] });
  });

  it('give one symbol to all files, or one to each', () => {
    const sources = (symbol: string[]) =>
      readBacktestSettings({ config: NONE, data: [data, data], symbol }, {}).sources.map((source) => source.symbol);
    expect(sources(['KRW-BTC'])).toEqual(['KRW-BTC', 'KRW-BTC']);
    expect(sources(['KRW-BTC,KRW-XRP'])).toEqual(['KRW-BTC', 'KRW-XRP']);
    expect(() => sources(['KRW-A1', 'KRW-B1', 'KRW-C1'])).toThrow(/--symbol: 2 files/);
  });

  it('tell every mistake at once', () => {
    const flags = {
      config: NONE,
      data: [folder, 'none.csv'],
      from: '2026-02-01',
      to: '2026-01-01',
      balance: '0',
      onDuplicate: 'both',
    };
    const read = () => readBacktestSettings(flags, {});
    for (const mistake of [/is a folder/, /none\.csv: there is no such file/, /--to/, /--balance/, /--on-duplicate/]) {
      expect(read).toThrow(mistake);
    }
  });
});

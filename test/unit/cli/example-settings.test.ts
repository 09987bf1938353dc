/** The example of a settings file names every setting, and what it shows as default is the default. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type EngineSettings, readEngineSettings } from '../../../cli/engine-settings.ts';

const EXAMPLE = new URL('../../../coinpilot.example.yaml', import.meta.url);
/** `name: value`, active or behind a "#" without a space; comments have one. */
const SETTING = /^#?([a-zA-Z]+): \S/;

const folder = mkdtempSync(join(tmpdir(), 'coinpilot-example-'));
const lines = readFileSync(EXAMPLE, 'utf8').split('\n');
const named = (text: readonly string[]): string[] => text.flatMap((line) => SETTING.exec(line)?.[1] ?? []);

afterAll(() => rmSync(folder, { recursive: true }));

function read(text: readonly string[], flags: Record<string, unknown> = {}): EngineSettings {
  const config = join(folder, 'coinpilot.yaml');
  writeFileSync(config, text.join('\n'));
  return readEngineSettings('up', { config, ...flags }, {});
}

/** The settings that are looked for, by name. */
function settingsRead(): string[] {
  const seen = new Set<string>();
  const flags = new Proxy<Record<string, unknown>>(
    { config: join(folder, 'empty.yaml') },
    {
      get(target, name) {
        seen.add(String(name));
        return target[String(name)];
      },
    },
  );
  writeFileSync(join(folder, 'empty.yaml'), '');
  readEngineSettings('up', flags, {});
  seen.delete('config');
  return [...seen].sort();
}

describe('coinpilot.example.yaml', () => {
  it('changes nothing as it is: every active line is a default', () => {
    expect(read(lines)).toEqual(read([]));
  });

  it('names every setting there is, and none besides', () => {
    expect([...new Set(named(lines))].sort()).toEqual(settingsRead());
  });

  it('shows values that can be used where a line is not active', () => {
    const shown = lines.filter((line) => SETTING.test(line) && line.startsWith('#')).map((line) => line.slice(1));
    const others = lines.filter((line) => !named(shown).includes(SETTING.exec(line)?.[1] ?? ''));
    const { config } = read([...shown, ...others], { preset: 'careful' });
    expect(config).toMatchObject({ natsToken: 'change-me', natsPort: { port: 4222, strict: true } });
    expect(config.preset).toMatchObject({ name: 'careful', minBounce: 2.5 });
    expect(config.preset.regimes.BEAR).toMatchObject({ rsi14Max: 38, stopLoss: 4 });
  });
});

/** The risk limits of an engine: `limits:` of coinpilot.yaml, then `--limit name=value` on top. */
import { DEFAULT_RISK_SETTINGS, type RiskSettings } from '../domain/risk.ts';
import { readRiskSetting } from '../domain/risk-settings.ts';
import { list, Problem, type RawSettings, type SettingsReader } from './settings.ts';

export function readRiskSettings(reader: SettingsReader): RiskSettings {
  const section = reader.get({ name: 'limits', read: mapping, fallback: {} as RawSettings });
  const typed = reader.get({ name: 'limit', read: list, fallback: [] as string[] });
  const given = [
    ...Object.entries(section).map(([name, value]) => ({ name, value, source: reader.source('limits') })),
    ...typed.map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2);
      return { name: name.trim(), value: value.trim(), source: reader.source('limit') };
    }),
  ];
  const settings: Record<string, number> = {};
  for (const { name, value, source } of given) {
    const read = readRiskSetting(name, value);
    if ('number' in read) settings[name] = read.number;
    else reader.problem(`${source}: ${read.problem}`);
  }
  return { ...DEFAULT_RISK_SETTINGS, ...settings };
}

function mapping(value: unknown): RawSettings | Problem {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as RawSettings)
    : new Problem('must hold "name: value" lines');
}

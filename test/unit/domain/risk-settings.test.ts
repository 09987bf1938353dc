import { describe, expect, it } from 'vitest';
import { DEFAULT_RISK_SETTINGS } from '../../../domain/risk.ts';
import { isRiskSetting, RISK_SETTINGS, readRiskSetting } from '../../../domain/risk-settings.ts';

describe('readRiskSetting', () => {
  it.each([
    ['orderShareMax', 0.2, 0.2],
    ['orderShareMax', '0.2', 0.2],
    ['orderShareMax', '20 %', 0.2],
    ['dailyLossShareMax', '3%', 0.03],
    ['dailyLossShareMax', '2.5 %', 0.025],
    ['cashReserveShare', 0, 0],
    ['positionsMax', 5, 5],
    ['positionsMax', ' 7 ', 7],
    ['cooldownMs', 7_200_000, 7_200_000],
    ['cooldownMs', '2 h', 7_200_000],
    ['cooldownMs', '1.5h', 5_400_000],
    ['entryIntervalMs', '30 min', 1_800_000],
    ['entryIntervalMs', '0', 0],
    ['entryIntervalMs', '1 d', 86_400_000],
  ])('reads %s: %s as %d', (name, value, number) => {
    expect(readRiskSetting(name, value)).toEqual({ number });
  });

  it.each([
    ['orderShareMax', 20],
    ['orderShareMax', '200 %'],
    ['orderShareMax', 0],
    ['orderShareMax', '20 h'],
    ['exposureShareMax', 1.01],
    ['cashReserveShare', -0.1],
    ['dailyLossShareMax', Number.NaN],
    ['positionsMax', 2.5],
    ['positionsMax', 0],
    ['positionsMax', '5 %'],
    ['positionsMax', ''],
    ['positionsMax', true],
    ['positionsMax', null],
    ['cooldownMs', '2 weeks'],
    ['cooldownMs', '-2 h'],
    ['cooldownMs', '8 d'],
    ['positionsMAX', 5],
    ['constructor', 5],
  ])('refuses %s: %s, naming it', (name, value) => {
    expect(readRiskSetting(name, value)).toEqual({ problem: expect.stringContaining(name) });
  });

  it('knows every limit, and takes its default', () => {
    expect(Object.keys(RISK_SETTINGS).sort()).toEqual(Object.keys(DEFAULT_RISK_SETTINGS).sort());
    for (const [name, value] of Object.entries(DEFAULT_RISK_SETTINGS)) {
      expect(isRiskSetting(name)).toBe(true);
      expect(readRiskSetting(name, value)).toEqual({ number: value });
    }
  });
});

/** Metrics are read from those who count, when somebody asks; gateways don't share them. */
import { describe, expect, it } from 'vitest';
import { createMetrics, type MetricSource } from '../../../gateway/metrics.ts';

describe('metrics', () => {
  it('show what their source says at the moment, each gateway its own', async () => {
    let value = 3;
    const source = (type: MetricSource['type'], name: string): MetricSource => ({
      name,
      help: 'of a test',
      type,
      read: () => value,
    });
    const metrics = createMetrics([source('gauge', 'coinpilot_now'), source('counter', 'coinpilot_sum_total')]);
    const other = createMetrics([]);
    expect(await metrics.text()).toMatch(/^coinpilot_sum_total 3$/m);
    value = 7;
    const text = await metrics.text();
    expect(text).toMatch(/^coinpilot_sum_total 7$/m);
    expect(text).toMatch(/^coinpilot_now 7$/m);
    expect(await other.text()).not.toContain('coinpilot_now');
  });
});

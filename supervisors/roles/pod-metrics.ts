/** How much a Pod has to do, as metrics: what it can be scaled by, and what it could not take. No names, no money. */
import type { MetricSource } from '../../gateway/metrics.ts';
import type { Pod } from '../pod.ts';

export function podMetrics(pod: Pick<Pod, 'stats' | 'symbols'>): readonly MetricSource[] {
  const hosts = () => [...(pod.symbols?.hosts.values() ?? [])];
  return [
    {
      name: 'coinpilot_commands_total',
      help: 'Commands for symbols that reached this Pod',
      type: 'counter',
      read: () => pod.stats.commands,
    },
    {
      name: 'coinpilot_symbols',
      help: 'Symbols this Pod serves',
      type: 'gauge',
      read: () => hosts().length,
    },
    {
      name: 'coinpilot_mailbox_messages',
      help: 'Commands that wait in the mailboxes of its symbols',
      type: 'gauge',
      read: () => hosts().reduce((sum, { waiting }) => sum + waiting, 0),
    },
    {
      name: 'coinpilot_market_dropped_total',
      help: 'Trades of the bus dropped because too many waited',
      type: 'counter',
      read: () => pod.stats.droppedTicks,
    },
    {
      name: 'coinpilot_market_repeated_total',
      help: 'Trades and candles of the bus that had been heard before',
      type: 'counter',
      read: () => pod.stats.repeatedMarketEvents,
    },
  ];
}

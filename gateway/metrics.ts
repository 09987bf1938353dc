/**
 * Metrics of a gateway in Prometheus's format, each gateway with a registry of its own. Nothing is counted twice: what
 * others count is read from them when somebody asks.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { FeedStats } from './feed/stats.ts';
import type { LiveServer } from './live-server.ts';

/** A number that somebody else keeps. */
export interface MetricSource {
  /** With the prefix `coinpilot_`; a counter ends in `_total`. */
  readonly name: string;
  readonly help: string;
  /** A counter never falls while the process lives. */
  readonly type: 'counter' | 'gauge';
  readonly read: () => number;
}

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** `route` is one of a few names, never what a client wrote. */
  countRequest(route: string, status: number): void;
}

export function createMetrics(sources: readonly MetricSource[]): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const source of sources) expose([registry], source);
  const requests = new Counter({
    name: 'coinpilot_http_requests_total',
    help: 'HTTP requests answered, by route and status',
    labelNames: ['route', 'status'],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    countRequest: (route, status) => requests.inc({ route, status }),
  };
}

/** What the server of the feed counts. */
export function liveServerMetrics(stats: () => LiveServer['stats']): readonly MetricSource[] {
  return [
    {
      name: 'coinpilot_feed_clients',
      help: 'Connections to the live feed',
      type: 'gauge',
      read: () => stats().sockets,
    },
    {
      name: 'coinpilot_feed_messages_total',
      help: 'Messages delivered to clients of the feed',
      type: 'counter',
      read: () => stats().delivered,
    },
    {
      name: 'coinpilot_feed_bytes_total',
      help: 'Bytes of messages delivered to clients of the feed',
      type: 'counter',
      read: () => stats().bytes,
    },
    {
      name: 'coinpilot_feed_dropped_total',
      help: 'Messages not sent to clients that read too slowly; a snapshot makes up for them',
      type: 'counter',
      read: () => stats().dropped,
    },
  ];
}

/** What the feed itself counts. */
export function feedMetrics(stats: () => FeedStats): readonly MetricSource[] {
  const counter = (name: string, help: string, read: (now: FeedStats) => number): MetricSource => ({
    name: `coinpilot_feed_${name}_total`,
    help,
    type: 'counter',
    read: () => read(stats()),
  });
  const gauge = (name: string, help: string, read: (now: FeedStats) => number): MetricSource => ({
    name: `coinpilot_feed_${name}`,
    help,
    type: 'gauge',
    read: () => read(stats()),
  });
  return [
    gauge('subscriptions', 'Channels watched, over all clients', (now) => now.subscriptions),
    gauge('streams', 'Streams of the journal that are followed', (now) => now.streams),
    gauge('lag_seconds', 'How long the oldest event that is not published has waited', (now) => now.lagMs / 1_000),
    gauge('rows_behind', 'Events known of and not published', (now) => now.rowsBehind),
    counter('events', 'Events published', (now) => now.eventsPublished),
    counter('gap_rows', 'Events read from the journal because the bus did not bring them', (now) => now.gapRows),
    counter('resyncs', 'Snapshots sent to those who read too slowly, or over a gap too wide', (now) => now.resyncs),
    counter('snapshot_reads', 'Snapshots read from the ledger', (now) => now.snapshotReads),
    counter('replay_reads', 'Pages of the journal read for those who resume', (now) => now.replayReads),
    counter('ledger_failures', 'Reads of the ledger that failed', (now) => now.ledgerFailures),
    counter('state_failures', 'Questions to the engine that were not answered', (now) => now.stateFailures),
    counter('bad_messages', 'Messages on the bus that could not be read', (now) => now.badMessages),
    counter('refused', 'Messages of clients that were answered with an error', (now) => now.refused),
    counter('closed_for_rules', 'Connections closed because a client broke a rule', (now) => now.closedForRules),
  ];
}

function expose(registers: [Registry], { name, help, type, read }: MetricSource): void {
  if (type === 'gauge') {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
    return;
  }
  new Counter({
    name,
    help,
    registers,
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

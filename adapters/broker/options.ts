/**
 * What can be set on the embedded broker, and the bound behind each default (I10). Every buffer, table and wait of the
 * broker is limited by a value of this file; what happens at the limit stands beside it.
 */
import { LIMITS } from '../../protocol/limits.ts';
import type { Log } from '../../protocol/ports/log.ts';

export interface BrokerOptions {
  /** TCP port; 0 takes any free one. */
  readonly port: number;
  /** Address to listen on; loopback unless asked otherwise, because the broker speaks no TLS. */
  readonly host?: string;
  /** When set, every client must present it as `auth_token` before anything else. */
  readonly token?: string;
  /** Largest message, headers included, in bytes. A larger one ends the connection that sent it. */
  readonly maxPayloadBytes?: number;
  /** Bytes that may wait for one client. A client that lets more pile up is disconnected as a slow consumer. */
  readonly pendingBytesMax?: number;
  /** Longest protocol line, in bytes, line end excluded. A longer one ends the connection. */
  readonly controlLineBytesMax?: number;
  /** Connections at a time; one more is told so and closed. */
  readonly connectionsMax?: number;
  /** Subscriptions of one client; one more is refused and the connection goes on. */
  readonly subscriptionsPerClientMax?: number;
  /** How often a silent client is asked whether it is alive, in milliseconds. */
  readonly pingIntervalMs?: number;
  /** Unanswered PINGs after which a connection counts as stale and is closed. */
  readonly pingsOutstandingMax?: number;
  /** Time a client has to present the token, in milliseconds. */
  readonly authTimeoutMs?: number;
  /** Time a closing connection has to take what is still queued for it, in milliseconds. */
  readonly lingerMs?: number;
  readonly log?: Log;
}

/** Options with every default filled in. `token` stays optional: none means no authentication. */
export interface BrokerSettings extends Required<Omit<BrokerOptions, 'token'>> {
  readonly token: string | undefined;
}

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

/** Node turns a longer timer into one of a millisecond. */
const TIMER_MS_MAX = 2 ** 31 - 1;

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** nats-server's own defaults, except where one machine with one engine asks for less. */
const DEFAULTS = {
  host: '127.0.0.1',
  maxPayloadBytes: LIMITS.brokerPayloadBytesMax,
  pendingBytesMax: 64 * MEBIBYTE,
  controlLineBytesMax: 4 * KIBIBYTE,
  connectionsMax: 1024,
  subscriptionsPerClientMax: 16_384,
  pingIntervalMs: 120_000,
  pingsOutstandingMax: 2,
  authTimeoutMs: 2_000,
  lingerMs: 1_000,
  log: SILENT,
} as const;

/** Fills in defaults. Throws RangeError naming the first option that is out of range. */
export function resolveOptions(options: BrokerOptions): BrokerSettings {
  const settings: BrokerSettings = { ...DEFAULTS, token: undefined, ...withoutUndefined(options) };
  requireInteger('port', settings.port, 0, 65_535);
  requireInteger('maxPayloadBytes', settings.maxPayloadBytes, 1, MEBIBYTE * KIBIBYTE);
  requireInteger('controlLineBytesMax', settings.controlLineBytesMax, 64);
  // A single message must fit, or the largest legal one would disconnect every reader it is sent to.
  const largestFrame = settings.maxPayloadBytes + 2 * settings.controlLineBytesMax;
  requireInteger('pendingBytesMax', settings.pendingBytesMax, largestFrame);
  requireInteger('connectionsMax', settings.connectionsMax, 1);
  requireInteger('subscriptionsPerClientMax', settings.subscriptionsPerClientMax, 1);
  requireInteger('pingIntervalMs', settings.pingIntervalMs, 1, TIMER_MS_MAX);
  requireInteger('pingsOutstandingMax', settings.pingsOutstandingMax, 1);
  requireInteger('authTimeoutMs', settings.authTimeoutMs, 1, TIMER_MS_MAX);
  requireInteger('lingerMs', settings.lingerMs, 0, TIMER_MS_MAX);
  if (settings.token === '') throw new RangeError('broker option token is not empty');
  return settings;
}

/** A key given as undefined means "the default", as it does for a missing one. */
function withoutUndefined(options: BrokerOptions): BrokerOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as BrokerOptions;
}

function requireInteger(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`broker option ${name} is an integer from ${least} to ${most}, not ${value}`);
}

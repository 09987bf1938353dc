/**
 * An embedded message broker: the core NATS protocol over TCP, so that one command runs everything with nothing
 * installed. Any NATS client and the `nats` command line talk to it. It serves one machine and keeps nothing: no
 * JetStream, no cluster, no TLS. It passes the same conformance suite as nats-server (test/contract).
 *
 * A client that breaks the protocol, floods or stops reading loses its own connection and disturbs nobody else.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { tokenCheck } from './access-token.ts';
import { ClientSession, type SessionContext } from './client-session.ts';
import { FlushQueue } from './flush-queue.ts';
import { type BrokerOptions, type BrokerSettings, resolveOptions } from './options.ts';
import { RoutingTable } from './routing-table.ts';

export type { BrokerOptions } from './options.ts';

export interface BrokerStats {
  readonly connections: number;
  readonly subscriptions: number;
  /** Messages accepted from clients since the start. */
  readonly messagesIn: number;
  /** Copies handed to clients since the start. */
  readonly messagesOut: number;
  /** Clients disconnected because they did not read since the start. */
  readonly slowConsumers: number;
}

export interface Broker {
  /** nats://host:port, without the token. */
  readonly url: string;
  readonly port: number;
  stats(): BrokerStats;
  /** Sends what is queued, closes every connection and the port. Safe to call again. */
  close(): Promise<void>;
}

/** The port asked for belongs to somebody else. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
  readonly port: number;

  constructor(host: string, port: number, cause: unknown) {
    super(`port ${port} on ${host} is in use: stop what listens there, or choose another port`, { cause });
    this.port = port;
  }
}

/** The version whose protocol we speak; clients read features from it. */
const PROTOCOL_VERSION = '2.9.10';

/** Connections over the limit that are told so at the same time; the next are closed without a word. */
const REFUSALS_AT_ONCE = 64;

/** Listens and serves. Throws PortInUseError, RangeError for an option out of range, or what the system says. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const settings = resolveOptions(options);
  const { host, log } = settings;
  const serverId = randomBytes(28).toString('hex').toUpperCase();
  const sessions = new Map<Socket, ClientSession>();
  const context: SessionContext = {
    settings,
    table: new RoutingTable(),
    flushQueue: new FlushQueue(),
    isTokenRight: settings.token === undefined ? undefined : tokenCheck(settings.token),
    counters: { messagesIn: 0, messagesOut: 0, slowConsumers: 0 },
  };
  let connected = 0;

  const server = createServer({ noDelay: true }, (socket) => {
    connected += 1;
    const session = new ClientSession(connected, socket, context);
    const isFull = sessions.size >= settings.connectionsMax;
    sessions.set(socket, session);
    socket.once('close', () => sessions.delete(socket));
    session.outbox.line(`INFO ${JSON.stringify(info(settings, serverId, session.id, socket.localPort ?? 0))}\r\n`);
    if (isFull) {
      log.warn({ connectionsMax: settings.connectionsMax }, 'broker refused a connection: too many');
      session.reject('maximum connections exceeded');
    }
  });
  server.maxConnections = settings.connectionsMax + REFUSALS_AT_ONCE;
  const port = await listen(server, host, settings.port);
  server.on('error', (cause) => log.error({ cause }, 'broker could not accept a connection'));
  const keepalive = setInterval(() => {
    for (const session of sessions.values()) session.checkAlive();
  }, settings.pingIntervalMs);
  if (settings.token === undefined && !isLoopback(host)) {
    log.warn({ host, port }, 'broker is open to the network without a token');
  }

  let closed: Promise<void> | undefined;
  return {
    url: `nats://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    stats: () => ({ ...context.counters, connections: sessions.size, subscriptions: context.table.subscriptions }),
    close() {
      closed ??= stop(server, sessions, keepalive);
      return closed;
    },
  };
}

/** What every client is greeted with. */
function info(settings: BrokerSettings, serverId: string, clientId: number, port: number): Record<string, unknown> {
  return {
    server_id: serverId,
    server_name: 'coinpilot-embedded',
    version: PROTOCOL_VERSION,
    proto: 1,
    host: settings.host,
    port,
    headers: true,
    max_payload: settings.maxPayloadBytes,
    client_id: clientId,
    ...(settings.token === undefined ? {} : { auth_required: true }),
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE' ? new PortInUseError(host, port, cause) : cause);
    });
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Resolves when the port is free and the last connection is gone; the server's own callback comes a moment too early. */
async function stop(server: Server, sessions: Map<Socket, ClientSession>, keepalive: NodeJS.Timeout): Promise<void> {
  clearInterval(keepalive);
  const portFreed = new Promise<void>((resolve) => server.close(() => resolve()));
  const allGone = [...sessions].map(([socket, session]) => {
    const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    session.close();
    return gone;
  });
  await Promise.all([portFreed, ...allGone]);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

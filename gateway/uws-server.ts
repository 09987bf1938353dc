/**
 * The live server on uWebSockets.js: a publication is one native call however many sockets listen, and a connection
 * costs JavaScript two small objects.
 *
 * This version drops what goes over its own limit without telling, so it never gets there: `#room` counts down the
 * bytes after which some socket could wait for too much, and only then all are looked at. A socket found above the
 * limit gives back its topics until it has read what waits.
 */
import { type AddressInfo, createServer } from 'node:net';
import type { Log } from '../protocol/ports/log.ts';
import {
  admit,
  closeReason,
  ENDING,
  FULL,
  GOING_AWAY,
  HTTP_CONNECTIONS_MAX,
  TEXT_ONLY,
  TOO_LARGE,
  tell,
  tellMessage,
  UPGRADE_PATH,
} from './live-http.ts';
import type { LiveServer, LiveServerOptions, LiveSocket } from './live-server.ts';
import type { UwsApp, UwsBinding, UwsRequest, UwsResponse, UwsSocket } from './uws-binding.ts';
import { UwsDoor } from './uws-door.ts';
import { requestOf, respond, UwsHttp } from './uws-http.ts';

/** Every socket is in this topic: one that leaves its last topic would lose what was published in the same tick. */
const EVERYBODY = '\0everybody';
/** At least so much is published between two looks at all sockets, also while one stays just below the limit. */
const LOOK_BYTES_MIN = 65_536;
/** Above our own limit: what one tick publishes may wait inside uWebSockets.js, uncounted, up to 32 messages of 16 kB. */
const NATIVE_SLACK_BYTES = 1_048_576;
/** A message up to so many times too large still gets a close code; uWebSockets.js cuts the connection of a larger one. */
const NATIVE_MESSAGE_FACTOR = 4;
const FRAME_HEADER_BYTES = 10;
const IDLE_SECONDS = { min: 8, max: 960 } as const;
/** Free ports that are tried when any will do: another process may be faster. */
const FREE_PORTS_MAX = 5;
/** So long the last bytes may take to leave before the connections are cut. */
const LINGER_MS = 100;

const REFUSED = { admitted: false, response: ENDING } as const;

interface SocketState<Data> {
  /** Undefined for a connection over the limit, and after the end. */
  live: UwsLiveSocket<Data> | undefined;
}
type NativeSocket<Data> = UwsSocket & SocketState<Data>;

/** Resolves once it listens. Rejects with an error of code `EADDRINUSE` when the port is taken. */
export async function startUwsServer<Data>(
  binding: UwsBinding,
  options: LiveServerOptions<Data>,
  log: Log,
): Promise<LiveServer> {
  const server = new UwsLiveServer(binding, options, log);
  await server.listen();
  return server;
}

class UwsLiveSocket<Data> implements LiveSocket<Data> {
  readonly data: Data;
  readonly server: UwsLiveServer<Data>;
  /** Undefined once it has ended. */
  native: NativeSocket<Data> | undefined;
  /** The topics it gets back when it has read what waits; undefined while it keeps up. */
  withheld: Set<string> | undefined;

  constructor(data: Data, server: UwsLiveServer<Data>) {
    this.data = data;
    this.server = server;
    this.native = undefined;
    this.withheld = undefined;
  }

  get buffered(): number {
    return this.native?.getBufferedAmount() ?? 0;
  }

  send(text: string): boolean {
    return this.server.sendTo(this, text);
  }

  cork(write: () => void): void {
    if (this.native === undefined) write();
    else this.native.cork(write);
  }

  subscribe(topic: string): void {
    if (this.withheld === undefined) this.native?.subscribe(topic);
    else this.server.withhold(this.withheld, topic);
  }

  unsubscribe(topic: string): void {
    if (this.withheld === undefined) this.native?.unsubscribe(topic);
    else this.server.giveBack(this.withheld, topic);
  }

  end(code: number, reason: string): void {
    this.server.end(this, code, reason);
  }
}

class UwsLiveServer<Data> implements LiveServer {
  readonly kind = 'uWebSockets.js';
  url = '';
  port = 0;
  readonly #binding: UwsBinding;
  readonly #options: LiveServerOptions<Data>;
  readonly #log: Log;
  readonly #app: UwsApp;
  readonly #http: UwsHttp<Data>;
  readonly #sockets = new Set<UwsLiveSocket<Data>>();
  /** How many sockets that overflow would be in a topic. */
  readonly #withheld = new Map<string, number>();
  #listening: unknown;
  #door: UwsDoor | undefined;
  #room: number;
  #delivered = 0;
  #bytes = 0;
  #dropped = 0;
  #closing = false;
  #settled: () => void = () => {};

  constructor(binding: UwsBinding, options: LiveServerOptions<Data>, log: Log) {
    this.#binding = binding;
    this.#options = options;
    this.#log = log;
    this.#room = options.bufferedBytesMax;
    this.#http = new UwsHttp(options, log, () => this.#settled());
    this.#app = binding.App();
    this.#app.ws<SocketState<Data>>(UPGRADE_PATH, {
      maxPayloadLength: options.messageBytesMax * NATIVE_MESSAGE_FACTOR,
      idleTimeout: Math.min(Math.max(Math.ceil(options.idleSecondsMax), IDLE_SECONDS.min), IDLE_SECONDS.max),
      maxBackpressure: options.bufferedBytesMax + NATIVE_SLACK_BYTES,
      sendPingsAutomatically: true,
      compression: 0,
      upgrade: (response, request, context) => this.#upgrade(response, request, context),
      open: (native) => this.#open(native),
      message: (native, message, isBinary) => this.#message(native, message, isBinary),
      drain: (native) => this.#drain(native),
      close: (state) => this.#closed(state.live),
    });
    this.#app.any('/*', (response, request) => this.#http.serve(response, request));
  }

  get stats(): LiveServer['stats'] {
    return {
      sockets: this.#sockets.size,
      delivered: this.#delivered,
      bytes: this.#bytes,
      dropped: this.#dropped,
    };
  }

  async listen(): Promise<void> {
    const { host, port } = this.#options;
    for (let left = port === 0 ? FREE_PORTS_MAX : 1; left > 0; left -= 1) {
      const named = port === 0 ? await freePort(host) : port;
      if (await this.#listenOn(named)) break;
      if (left === 1) throw await whyNotListening(host, named);
    }
    this.port = this.#binding.us_socket_local_port(this.#listening);
    this.url = `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
    this.#door = new UwsDoor({
      connectionsMax: HTTP_CONNECTIONS_MAX,
      sockets: () => this.#sockets.size,
      shut: () => {
        this.#binding.us_listen_socket_close(this.#listening);
        if (!this.#closing) this.#log.warn({ port: this.port }, 'too many connections: no more are taken for now');
      },
      open: () => this.#listenOn(this.port),
    });
  }

  async #listenOn(port: number): Promise<boolean> {
    // Without the option two processes could listen on one port and share its connections between them.
    const exclusive = this.#binding.LIBUS_LISTEN_EXCLUSIVE_PORT;
    this.#listening = await new Promise((resolve) => {
      this.#app.listen(this.#options.host, port, exclusive, resolve);
    });
    return this.#listening !== false;
  }

  publish(topic: string, text: string): void {
    if (this.#closing) return;
    if (this.#room <= 0) this.#look();
    this.#dropped += this.#withheld.get(topic) ?? 0;
    const receivers = this.#app.numSubscribers(topic);
    if (receivers === 0) return;
    const bytes = Buffer.byteLength(text);
    this.#room -= bytes + FRAME_HEADER_BYTES;
    this.#delivered += receivers;
    this.#bytes += receivers * bytes;
    this.#app.publish(topic, text, false, false);
  }

  sendTo(socket: UwsLiveSocket<Data>, text: string): boolean {
    const { native } = socket;
    if (native === undefined) return false;
    const { bufferedBytesMax } = this.#options;
    if (socket.withheld === undefined && native.getBufferedAmount() > bufferedBytesMax) this.#overflow(socket);
    if (socket.withheld !== undefined) {
      this.#dropped += 1;
      return false;
    }
    this.#delivered += 1;
    this.#bytes += Buffer.byteLength(text);
    const waits = native.send(text, false, false) !== 1;
    if (waits) this.#room = Math.min(this.#room, bufferedBytesMax - native.getBufferedAmount());
    return true;
  }

  withhold(topics: Set<string>, topic: string): void {
    if (topics.has(topic)) return;
    topics.add(topic);
    this.#withheld.set(topic, (this.#withheld.get(topic) ?? 0) + 1);
  }

  giveBack(topics: Set<string>, topic: string): void {
    if (!topics.delete(topic)) return;
    const left = (this.#withheld.get(topic) ?? 0) - 1;
    if (left > 0) this.#withheld.set(topic, left);
    else this.#withheld.delete(topic);
  }

  end(socket: UwsLiveSocket<Data>, code: number, reason: string): void {
    const { native } = socket;
    if (native === undefined) return;
    this.#forget(socket);
    native.live = undefined;
    native.end(code, closeReason(reason));
    // The handler that ends a socket is not interrupted by the news that it has ended.
    queueMicrotask(() => tell(this.#options.handlers, 'closed', socket, this.#log));
  }

  async close(graceMs: number): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#http.closing = true;
    this.#door?.end();
    for (const socket of [...this.#sockets]) this.#endWhenRead(socket);
    await this.#gone(graceMs);
    await new Promise((resolve) => setTimeout(resolve, Math.min(LINGER_MS, graceMs)));
    this.#app.close();
  }

  /** Resolves when no socket and no request is left, or after the grace. */
  async #gone(graceMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#settled = () => {
        if (this.#sockets.size > 0 || this.#http.answering > 0) return;
        clearTimeout(timer);
        resolve();
      };
      this.#settled();
    });
  }

  #endWhenRead(socket: UwsLiveSocket<Data>): void {
    if (socket.buffered === 0) this.end(socket, GOING_AWAY.code, GOING_AWAY.reason);
  }

  #upgrade(response: UwsResponse, native: UwsRequest, context: unknown): void {
    const request = requestOf(response, native);
    const { handlers } = this.#options;
    const admission = this.#closing ? REFUSED : admit(handlers, request, this.#log);
    if (!admission.admitted) {
      respond(response, request, admission.response, this.#closing);
      return;
    }
    const state: SocketState<Data> = { live: new UwsLiveSocket(admission.data, this) };
    response.upgrade(state, request.headers['sec-websocket-key'] ?? '', admission.protocol ?? '', '', context);
  }

  #open(native: NativeSocket<Data>): void {
    const socket = native.live;
    if (socket === undefined) return;
    if (this.#sockets.size >= this.#options.socketsMax) {
      native.live = undefined;
      native.end(FULL.code, FULL.reason);
      return;
    }
    socket.native = native;
    native.subscribe(EVERYBODY);
    this.#sockets.add(socket);
    tell(this.#options.handlers, 'opened', socket, this.#log);
  }

  #message({ live: socket }: NativeSocket<Data>, message: ArrayBuffer, isBinary: boolean): void {
    if (socket === undefined) return;
    const { handlers, messageBytesMax } = this.#options;
    if (isBinary) this.end(socket, TEXT_ONLY.code, TEXT_ONLY.reason);
    else if (message.byteLength > messageBytesMax) this.end(socket, TOO_LARGE.code, TOO_LARGE.reason);
    else tellMessage(handlers, socket, Buffer.from(message).toString(), this.#log);
  }

  #drain(native: NativeSocket<Data>): void {
    const socket = native.live;
    if (socket === undefined || native.getBufferedAmount() > 0) return;
    if (this.#closing) this.#endWhenRead(socket);
    const topics = socket.withheld;
    if (socket.native === undefined || topics === undefined) return;
    socket.withheld = undefined;
    for (const topic of [...topics]) {
      this.giveBack(topics, topic);
      native.subscribe(topic);
    }
    tell(this.#options.handlers, 'drained', socket, this.#log);
  }

  #closed(socket: UwsLiveSocket<Data> | undefined): void {
    if (socket === undefined) return;
    this.#forget(socket);
    tell(this.#options.handlers, 'closed', socket, this.#log);
  }

  #forget(socket: UwsLiveSocket<Data>): void {
    socket.native = undefined;
    this.#sockets.delete(socket);
    const topics = socket.withheld;
    if (topics !== undefined) for (const topic of [...topics]) this.giveBack(topics, topic);
    this.#settled();
  }

  /** Finds the sockets for which too much waits, and how much may be published before the next could be one. */
  #look(): void {
    const { bufferedBytesMax } = this.#options;
    let most = 0;
    for (const socket of this.#sockets) {
      if (socket.withheld !== undefined) continue;
      const { buffered } = socket;
      if (buffered > bufferedBytesMax) this.#overflow(socket);
      else if (buffered > most) most = buffered;
    }
    this.#room = Math.max(bufferedBytesMax - most, LOOK_BYTES_MIN);
  }

  #overflow(socket: UwsLiveSocket<Data>): void {
    const { native } = socket;
    if (native === undefined) return;
    const topics = new Set<string>();
    socket.withheld = topics;
    for (const topic of native.getTopics()) {
      if (topic === EVERYBODY) continue;
      native.unsubscribe(topic);
      this.withhold(topics, topic);
    }
    tell(this.#options.handlers, 'overflowed', socket, this.#log);
  }
}

/**
 * A port that nobody listens on. uWebSockets.js makes only a port that was named usable again at once (SO_REUSEADDR): one
 * that it chose itself would be taken for a minute after its end, and whoever was told it would ask in vain.
 */
async function freePort(host: string): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, host, resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** uWebSockets.js only says that it failed: Node, asked for the same port, says why. */
async function whyNotListening(host: string, port: number): Promise<Error> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', resolve);
    probe.listen(port, host, () => {
      const { port: probed } = probe.address() as AddressInfo;
      // Free a moment later: it was taken by something that ended meanwhile.
      const taken = Object.assign(new Error(`port ${probed} could not be listened on`), { code: 'EADDRINUSE' });
      probe.close(() => resolve(taken));
    });
  });
}

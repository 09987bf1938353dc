/**
 * The live server on `ws` and Node's HTTP, for where uWebSockets.js has no binary.
 *
 * Text frames are built once a publication and written past `ws` to the TCP socket: `ws` writes its own frames (close,
 * ping, pong) whole, so the two never mix. Each TCP socket is corked by the first frame of a tick and uncorked after it.
 */
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Log } from '../protocol/ports/log.ts';
import {
  admit,
  closeReason,
  ENDING,
  errorResponse,
  FULL,
  GOING_AWAY,
  HTTP_CONNECTIONS_MAX,
  isWebSocketUpgrade,
  NO_UPGRADE_HERE,
  REQUEST_MS_MAX,
  TEXT_ONLY,
  tell,
  tellMessage,
  UPGRADE_PATH,
} from './live-http.ts';
import type { Admission, HttpRequest, HttpResponse, LiveServer, LiveServerOptions, LiveSocket } from './live-server.ts';
import { NodeHttp, requestOf, respond } from './node-http.ts';

const HEADER_BYTES_MAX = 8_192;
/** A client that neither sends nor reads while it waits for an answer. */
const SILENT_MS_MAX = 60_000;
const CHECK_INTERVAL_MS = 2_000;
/** A client that does not answer a close frame is cut after this. */
const CLOSE_MS_MAX = 5_000;
const UPGRADER = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  /** Pings are answered by us, so that those of a client that does not read pile up nowhere. */
  autoPong: false,
  closeTimeout: CLOSE_MS_MAX,
} as const;
const TEXT_FRAME = 0x81;
const SHORT_BYTES_MAX = 125;
const MEDIUM_BYTES_MAX = 65_535;
const EMPTY = Buffer.alloc(0);
const GARBLED = errorResponse(400, 'INVALID', 'only WebSockets are upgraded to');

/** Resolves once it listens. Rejects with an error of code `EADDRINUSE` when the port is taken. */
export async function startWsServer<Data>(options: LiveServerOptions<Data>, log: Log): Promise<LiveServer> {
  const server = new WsLiveServer(options, log);
  await server.listen();
  return server;
}

class WsLiveSocket<Data> implements LiveSocket<Data> {
  readonly data: Data;
  readonly ws: WebSocket;
  readonly raw: Socket;
  readonly topics = new Set<string>();
  readonly #server: WsLiveServer<Data>;
  ended = false;
  overflowing = false;
  /** Gathers frames until the end of the tick. */
  corked = false;
  /** Bytes that the client had sent when it was last looked at, and whether it was silent and pinged then. */
  heardBytes = 0;
  pinged = false;

  constructor(data: Data, parts: { ws: WebSocket; raw: Socket; server: WsLiveServer<Data> }) {
    this.data = data;
    this.ws = parts.ws;
    this.raw = parts.raw;
    this.#server = parts.server;
  }

  get buffered(): number {
    return this.ended ? 0 : this.raw.writableLength;
  }

  send(text: string): boolean {
    return !this.ended && this.#server.write(this, textFrame(text));
  }

  /** Everything of a tick goes out in one write anyhow. */
  cork(write: () => void): void {
    write();
  }

  subscribe(topic: string): void {
    if (!this.ended) this.#server.subscribe(this, topic);
  }

  unsubscribe(topic: string): void {
    this.#server.unsubscribe(this, topic);
  }

  end(code: number, reason: string): void {
    this.#server.end(this, code, reason);
  }
}

class WsLiveServer<Data> implements LiveServer {
  readonly kind = 'ws';
  url = '';
  port = 0;
  readonly #options: LiveServerOptions<Data>;
  readonly #log: Log;
  readonly #http: NodeHttp<Data>;
  readonly #server: Server;
  readonly #upgrader: WebSocketServer;
  readonly #sockets = new Set<WsLiveSocket<Data>>();
  readonly #topics = new Map<string, Set<WsLiveSocket<Data>>>();
  /** TCP connections taken out of Node's HTTP, ended or not. */
  readonly #upgraded = new Set<Socket>();
  #corked: WsLiveSocket<Data>[] = [];
  #idleTimer: NodeJS.Timeout | undefined;
  /** What the upgrade under way confirms. */
  #protocol: string | undefined;
  #delivered = 0;
  #bytes = 0;
  #dropped = 0;
  #closing = false;

  constructor(options: LiveServerOptions<Data>, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#http = new NodeHttp(options, log);
    this.#upgrader = new WebSocketServer({
      ...UPGRADER,
      maxPayload: options.messageBytesMax,
      handleProtocols: () => this.#protocol ?? false,
    });
    this.#server = createServer(
      {
        maxHeaderSize: HEADER_BYTES_MAX,
        requestTimeout: REQUEST_MS_MAX,
        headersTimeout: REQUEST_MS_MAX,
        keepAliveTimeout: REQUEST_MS_MAX,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
      },
      (request, response) => this.#http.serve(request, response),
    );
    this.#server.maxConnections = options.socketsMax + HTTP_CONNECTIONS_MAX;
    this.#server.timeout = SILENT_MS_MAX;
    this.#server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
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
    const { host, port, idleSecondsMax } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#server.on('error', (error) => this.#log.error({ error: error.message }, 'a connection could not be taken'));
    this.port = (this.#server.address() as AddressInfo).port;
    this.url = `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
    this.#idleTimer = setInterval(() => this.#lookForSilent(), (idleSecondsMax * 1_000) / 2);
  }

  publish(topic: string, text: string): void {
    if (this.#closing) return;
    const sockets = this.#topics.get(topic);
    if (sockets === undefined) return;
    const frame = textFrame(text);
    for (const socket of sockets) this.write(socket, frame);
  }

  write(socket: WsLiveSocket<Data>, frame: Buffer): boolean {
    if (!socket.overflowing && !this.#hasRoom(socket)) this.#overflow(socket);
    if (socket.overflowing) {
      this.#dropped += 1;
      return false;
    }
    this.#cork(socket);
    socket.raw.write(frame);
    this.#delivered += 1;
    this.#bytes += payloadBytes(frame);
    return true;
  }

  subscribe(socket: WsLiveSocket<Data>, topic: string): void {
    socket.topics.add(topic);
    const sockets = this.#topics.get(topic);
    if (sockets === undefined) this.#topics.set(topic, new Set([socket]));
    else sockets.add(socket);
  }

  unsubscribe(socket: WsLiveSocket<Data>, topic: string): void {
    socket.topics.delete(topic);
    const sockets = this.#topics.get(topic);
    if (sockets === undefined) return;
    sockets.delete(socket);
    if (sockets.size === 0) this.#topics.delete(topic);
  }

  end(socket: WsLiveSocket<Data>, code: number, reason: string): void {
    if (!this.#forget(socket)) return;
    socket.ws.close(code, closeReason(reason));
    // The handler that ends a socket is not interrupted by the news that it has ended.
    queueMicrotask(() => tell(this.#options.handlers, 'closed', socket, this.#log));
  }

  async close(graceMs: number): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#http.closing = true;
    clearInterval(this.#idleTimer);
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of [...this.#sockets]) this.end(socket, GOING_AWAY.code, GOING_AWAY.reason);
    const force = setTimeout(() => {
      for (const raw of this.#upgraded) raw.destroy();
      this.#server.closeAllConnections();
    }, graceMs);
    await closed;
    clearTimeout(force);
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // Node's HTTP server hands out the socket it accepted.
    const raw = stream as Socket;
    raw.on('error', () => raw.destroy());
    this.#upgraded.add(raw);
    raw.once('close', () => this.#upgraded.delete(raw));
    const asked = requestOf(request);
    const refuse = (answer: HttpResponse): void => {
      const response = new ServerResponse(request);
      response.shouldKeepAlive = false;
      response.assignSocket(raw);
      response.once('finish', () => raw.destroySoon());
      respond(response, answer, true);
    };
    const admission = this.#decide(asked);
    if (!admission.admitted) {
      refuse(admission.response);
      return;
    }
    this.#protocol = admission.protocol;
    this.#upgrader.handleUpgrade(request, raw, head, (ws) => this.#open({ ws, raw }, admission.data));
  }

  #decide(asked: HttpRequest): Admission<Data> {
    if (!isWebSocketUpgrade(asked.headers)) return { admitted: false, response: GARBLED };
    const isHere = asked.path === UPGRADE_PATH && asked.method === 'GET';
    if (!isHere) return { admitted: false, response: NO_UPGRADE_HERE };
    if (this.#closing) return { admitted: false, response: ENDING };
    return admit(this.#options.handlers, asked, this.#log);
  }

  #open({ ws, raw }: { ws: WebSocket; raw: Socket }, data: Data): void {
    if (this.#sockets.size >= this.#options.socketsMax) {
      ws.on('error', () => ws.terminate());
      ws.close(FULL.code, FULL.reason);
      return;
    }
    const socket = new WsLiveSocket(data, { ws, raw, server: this });
    this.#sockets.add(socket);
    ws.on('message', (message: Buffer, isBinary: boolean) => {
      if (socket.ended) return;
      if (isBinary) this.end(socket, TEXT_ONLY.code, TEXT_ONLY.reason);
      else tellMessage(this.#options.handlers, socket, message.toString(), this.#log);
    });
    ws.on('ping', (payload: Buffer) => {
      if (!socket.ended && this.#hasRoom(socket)) ws.pong(payload);
    });
    // What breaks the protocol is answered with its code by `ws` itself.
    ws.on('error', () => this.#closed(socket));
    ws.on('close', () => this.#closed(socket));
    tell(this.#options.handlers, 'opened', socket, this.#log);
  }

  #closed(socket: WsLiveSocket<Data>): void {
    if (this.#forget(socket)) tell(this.#options.handlers, 'closed', socket, this.#log);
  }

  /** False when it was forgotten before. */
  #forget(socket: WsLiveSocket<Data>): boolean {
    if (socket.ended) return false;
    socket.ended = true;
    this.#sockets.delete(socket);
    for (const topic of [...socket.topics]) this.unsubscribe(socket, topic);
    return true;
  }

  #cork(socket: WsLiveSocket<Data>): void {
    if (socket.corked) return;
    socket.corked = true;
    socket.raw.cork();
    if (this.#corked.length === 0) setImmediate(() => this.#flush());
    this.#corked.push(socket);
  }

  #flush(): void {
    const corked = this.#corked;
    this.#corked = [];
    for (const socket of corked) {
      socket.corked = false;
      socket.raw.uncork();
    }
  }

  #hasRoom(socket: WsLiveSocket<Data>): boolean {
    const { bufferedBytesMax } = this.#options;
    if (socket.raw.writableLength <= bufferedBytesMax) return true;
    if (!socket.corked) return false;
    // What this tick has gathered does not wait for the client yet.
    socket.raw.uncork();
    socket.raw.cork();
    return socket.raw.writableLength <= bufferedBytesMax;
  }

  #overflow(socket: WsLiveSocket<Data>): void {
    socket.overflowing = true;
    // Nothing, behind everything: it is written when all before it is.
    socket.raw.write(EMPTY, (error) => {
      if (socket.ended || error instanceof Error) return;
      socket.overflowing = false;
      tell(this.#options.handlers, 'drained', socket, this.#log);
    });
    tell(this.#options.handlers, 'overflowed', socket, this.#log);
  }

  #lookForSilent(): void {
    for (const socket of [...this.#sockets]) {
      const { bytesRead } = socket.raw;
      const silent = bytesRead === socket.heardBytes;
      socket.heardBytes = bytesRead;
      if (silent && socket.pinged) socket.ws.terminate();
      else if (silent) socket.ws.ping();
      socket.pinged = silent;
    }
  }
}

/** A whole frame of RFC 6455, unmasked as a server's are. */
function textFrame(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const header = bytes <= SHORT_BYTES_MAX ? 2 : bytes <= MEDIUM_BYTES_MAX ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + bytes);
  frame[0] = TEXT_FRAME;
  if (header === 2) frame[1] = bytes;
  else if (header === 4) {
    frame[1] = SHORT_BYTES_MAX + 1;
    frame.writeUInt16BE(bytes, 2);
  } else {
    frame[1] = SHORT_BYTES_MAX + 2;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(bytes, 6);
  }
  frame.write(text, header);
  return frame;
}

function payloadBytes(frame: Buffer): number {
  const length = frame[1] ?? 0;
  return frame.length - (length <= SHORT_BYTES_MAX ? 2 : length === SHORT_BYTES_MAX + 1 ? 4 : 10);
}

/**
 * uWebSockets.js as far as we use it, and the way to its native binary.
 *
 * The binary is loaded by its own path, never through the package's entrance: where the binary is missing or does not
 * load, that entrance prints, and puts a slow server of its own in its place without saying so.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export interface UwsBinding {
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
  App(): UwsApp;
  /** `silent`: no header that names the server. */
  _cfg(setting: string): void;
  us_listen_socket_close(token: unknown): void;
  us_socket_local_port(token: unknown): number;
}

export interface UwsApp {
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp;
  ws<State>(pattern: string, behavior: UwsBehavior<State>): UwsApp;
  /** The token is false when it could not listen; why is not told. */
  listen(host: string, port: number, options: number, opened: (token: unknown) => void): UwsApp;
  publish(topic: string, text: string, isBinary: boolean, compress: boolean): boolean;
  numSubscribers(topic: string): number;
  /** Closes the listening socket and cuts every connection. */
  close(): void;
}

/** Valid until the handler returns. */
export interface UwsRequest {
  /** Lower case. */
  getMethod(): string;
  getUrl(): string;
  /** Undefined without a question mark. */
  getQuery(): string | undefined;
  forEach(take: (name: string, value: string) => void): void;
}

/** Throws when it is used after it was answered or aborted. */
export interface UwsResponse {
  onAborted(handler: () => void): void;
  /** The piece is valid until the handler returns. */
  onData(handler: (piece: ArrayBuffer, isLast: boolean) => void): void;
  cork(write: () => void): void;
  writeStatus(status: string): void;
  writeHeader(name: string, value: string): void;
  end(body: string | Uint8Array, closeConnection: boolean): void;
  endWithoutBody(): void;
  getRemoteAddressAsText(): ArrayBuffer;
  upgrade(state: object, key: string, protocol: string, extensions: string, context: unknown): void;
}

export interface UwsBehavior<State> {
  readonly maxPayloadLength: number;
  /** Seconds: 8 to 960. */
  readonly idleTimeout: number;
  /** Bytes; what is sent above it is lost without a word. */
  readonly maxBackpressure: number;
  readonly sendPingsAutomatically: boolean;
  readonly compression: 0;
  upgrade(response: UwsResponse, request: UwsRequest, context: unknown): void;
  open(socket: UwsSocket & State): void;
  message(socket: UwsSocket & State, message: ArrayBuffer, isBinary: boolean): void;
  drain(socket: UwsSocket & State): void;
  /** Also called within `end`. Nothing of the socket may be used but the state. */
  close(socket: State): void;
}

/** Carries the state given to `upgrade` as its own properties. Throws when it is used after it was closed. */
export interface UwsSocket {
  /** 1: handed to the system. 0: waits. 2: lost. */
  send(text: string, isBinary: boolean, compress: boolean): 0 | 1 | 2;
  getBufferedAmount(): number;
  cork(write: () => void): void;
  subscribe(topic: string): boolean;
  unsubscribe(topic: string): boolean;
  getTopics(): string[];
  end(code: number, reason: string): void;
}

export type LoadedUws = { readonly binding: UwsBinding } | { readonly missing: string };

const PACKAGE = 'uWebSockets.js';

/** The binding for this Node, or why there is none. */
export function loadUws(): LoadedUws {
  const require = createRequire(import.meta.url);
  const { platform, arch, versions } = process;
  const name = `uws_${platform}_${arch}_${versions.modules}.node`;
  try {
    const folder = path.dirname(require.resolve(`${PACKAGE}/package.json`));
    // Where the republication keeps its binaries, and where the official package does.
    const binary = [path.join(folder, 'binaries', name), path.join(folder, name)].find(existsSync);
    if (binary === undefined) return { missing: `${PACKAGE} has no binary ${name}` };
    const binding = require(binary) as UwsBinding;
    binding._cfg('silent');
    return { binding };
  } catch (error) {
    return { missing: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

/**
 * A TCP proxy on loopback in front of Postgres or NATS, with the faults of a network: one proxy for each Pod and server,
 * so that a fault hits one Pod only. Faults last until `pass`. It knows nothing of what it carries.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { FaultLane } from './fault-lane.ts';
import { mulberry32 } from './seeded.ts';

export type Direction = 'toServer' | 'toClient';

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  readonly toServer: FaultLane;
  readonly toClient: FaultLane;
}

export interface ResetPlan {
  readonly seed: number;
  /** Mean time between two resets of one random connection each. */
  readonly meanMs: number;
}

const HOST = '127.0.0.1';
const DIRECTIONS: readonly Direction[] = ['toServer', 'toClient'];

export class FaultProxy {
  /** Connections that were reset at random so far: shows that the fault did hit. */
  resets = 0;
  readonly #listener: Server;
  readonly #target: { host: string; port: number };
  readonly #connections = new Set<Connection>();
  readonly #held = new Set<Direction>();
  #delayMs = 0;
  #isCut = false;
  #resetTimer: NodeJS.Timeout | undefined;

  /** `targetUrl` is the server's own address: postgres://…, nats://…. Its port may stop listening and come back. */
  static async start(targetUrl: string): Promise<FaultProxy> {
    const { hostname, port } = new URL(targetUrl);
    const listener = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(0, HOST, resolve);
    });
    return new FaultProxy(listener, { host: hostname, port: Number(port) });
  }

  private constructor(listener: Server, target: { host: string; port: number }) {
    this.#listener = listener;
    this.#target = target;
    listener.on('connection', (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** Live connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Connections whose Pod's end is gone and that the server still holds. */
  get orphans(): number {
    return [...this.#connections].filter(({ client, server }) => client.destroyed && !server.destroyed).length;
  }

  /** The same address by way of this proxy. */
  through(url: string): string {
    const proxied = new URL(url);
    proxied.hostname = HOST;
    proxied.port = String(this.port);
    return proxied.href;
  }

  /** Ends every fault. What was held arrives, in its order. */
  pass(): void {
    this.#isCut = false;
    this.#held.clear();
    this.#delayMs = 0;
    clearTimeout(this.#resetTimer);
    this.#resetTimer = undefined;
    for (const { toServer, toClient } of this.#connections) {
      for (const lane of [toServer, toClient]) {
        lane.delay(0);
        lane.release();
      }
    }
  }

  /** Every connection is reset, every new one too: the server's machine says that nobody is there. */
  cut(): void {
    this.#isCut = true;
    for (const connection of this.#connections) this.#reset(connection);
  }

  /** A partition: connections stay and come to be, and nothing gets through in either direction. */
  blackHole(): void {
    for (const direction of DIRECTIONS) this.#held.add(direction);
    this.hold('toServer');
    this.hold('toClient');
  }

  /**
   * Holds one direction of the connections there are; new ones work. toServer: what is sent outlives its connection.
   * toClient: the server has done it, and its answer does not come.
   */
  hold(direction: Direction): void {
    for (const connection of this.#connections) connection[direction].hold();
  }

  /** What is held or delayed at the moment, over all connections. */
  kept(direction: Direction): Buffer {
    return Buffer.concat([...this.#connections].map((connection) => connection[direction].kept));
  }

  /** The Pod's ends of all connections are reset, the server's stay open: the server learns nothing of it. */
  dropClients(): void {
    for (const { client } of this.#connections) client.resetAndDestroy();
  }

  /** Everything arrives so much later, in both directions, also on new connections. */
  delay(ms: number): void {
    this.#delayMs = ms;
    for (const { toServer, toClient } of this.#connections) {
      toServer.delay(ms);
      toClient.delay(ms);
    }
  }

  /** Resets one random connection after another, both ends, with what was on its way. Same seed, same moments. */
  resetAtRandom({ seed, meanMs }: ResetPlan): void {
    const random = mulberry32(seed);
    const next = () => {
      const waitMs = -Math.log(1 - random()) * meanMs;
      this.#resetTimer = setTimeout(() => {
        const connections = [...this.#connections];
        const chosen = connections[Math.floor(random() * connections.length)];
        if (chosen !== undefined) {
          this.resets += 1;
          this.#reset(chosen);
        }
        next();
      }, waitMs);
    };
    clearTimeout(this.#resetTimer);
    next();
  }

  /** Resets what is open and stops listening. */
  async close(): Promise<void> {
    clearTimeout(this.#resetTimer);
    this.cut();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #accept(client: Socket): void {
    // The lanes below hear of errors too; a socket without any listener would end the test run.
    client.on('error', () => undefined);
    if (this.#isCut) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.#target, allowHalfOpen: true });
    server.on('error', () => undefined);
    client.setNoDelay(true);
    server.setNoDelay(true);
    const toServer = new FaultLane(client, server);
    const toClient = new FaultLane(server, client);
    const connection: Connection = { client, server, toServer, toClient };
    for (const direction of DIRECTIONS) {
      connection[direction].delay(this.#delayMs);
      if (this.#held.has(direction)) connection[direction].hold();
    }
    this.#connections.add(connection);
    const forget = () => {
      if (client.destroyed && server.destroyed) this.#connections.delete(connection);
    };
    client.once('close', forget);
    server.once('close', forget);
  }

  #reset({ client, server, toServer, toClient }: Connection): void {
    toServer.discard();
    toClient.discard();
    client.resetAndDestroy();
    server.resetAndDestroy();
  }
}

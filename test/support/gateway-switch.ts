/**
 * One address in front of several gateways, as a service of a cluster is: each connection goes to the next one that
 * listens, and lives and dies with it. Knows nothing of what it carries.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';

export class GatewaySwitch {
  readonly #listener: Server;
  readonly #ports: readonly number[];
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  static async start(ports: readonly number[]): Promise<GatewaySwitch> {
    const listener = createServer();
    await new Promise<void>((resolve) => {
      listener.listen(0, HOST, resolve);
    });
    return new GatewaySwitch(listener, ports);
  }

  private constructor(listener: Server, ports: readonly number[]) {
    this.#listener = listener;
    this.#ports = ports;
    listener.on('connection', (client) => {
      this.#turn += 1;
      this.#join(client, this.#turn, ports.length);
    });
  }

  get url(): string {
    return `http://${HOST}:${(this.#listener.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#listener.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Tries the gateways from `turn` on, each once. */
  #join(client: Socket, turn: number, left: number): void {
    if (left === 0) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: HOST, port: this.#ports[turn % this.#ports.length]!, noDelay: true });
    const onRefused = () => this.#join(client, turn + 1, left - 1);
    server.once('error', onRefused);
    server.once('connect', () => {
      server.off('error', onRefused);
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
  }
}

/** Hears from the processes of clients how far they have read: a byte for each batch that all of a process's clients have. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export class ReadReports {
  onReport: () => void = () => undefined;
  readonly #server: Server;
  /** Batches that each process has reported. */
  readonly #batches = new Map<Socket, number>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#batches.set(socket, 0);
      socket.on('data', ({ length }) => {
        this.#batches.set(socket, (this.#batches.get(socket) ?? 0) + length);
        this.onReport();
      });
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#batches.delete(socket));
    });
  }

  static async open(): Promise<ReadReports> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ReadReports(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Batches that every client has read. */
  get everybody(): number {
    return Math.min(...this.#batches.values());
  }

  clear(): void {
    this.onReport = () => undefined;
    for (const socket of this.#batches.keys()) this.#batches.set(socket, 0);
  }
}

/** A real nats-server that goes away and comes back on its port, as a broker's Pod does. */
import { type NatsServer, startNatsServer } from './nats-server.ts';

export class ExternalNats {
  #server: NatsServer;

  static async start(): Promise<ExternalNats> {
    return new ExternalNats(await startNatsServer());
  }

  private constructor(server: NatsServer) {
    this.#server = server;
  }

  /** The same over restarts. */
  get url(): string {
    return this.#server.url;
  }

  /** kill -9. */
  kill(): Promise<void> {
    return this.#server.kill('SIGKILL');
  }

  /** After `kill`, on the same port. */
  async restart(): Promise<void> {
    this.#server = await startNatsServer({ port: this.#server.port });
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

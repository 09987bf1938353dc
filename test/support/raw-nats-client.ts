/** A NATS client of bytes: says exactly what a test tells it to, also what no library would. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const WAIT_MS_MAX = 20_000;

export class RawNatsClient {
  readonly socket: Socket;
  /** Everything received after INFO. */
  received = '';
  /** The JSON of INFO. */
  info: Record<string, unknown> = {};
  closed = false;
  #beforeInfo = '';
  #greeted = false;
  #changed: () => void = () => {};

  /** Connects and waits for INFO. */
  static async connect(port: number): Promise<RawNatsClient> {
    const client = new RawNatsClient(connect({ port, host: '127.0.0.1', noDelay: true }));
    await client.waitUntil(() => client.#greeted || client.closed);
    return client;
  }

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (piece: Buffer) => this.#take(piece.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      this.#changed();
    });
  }

  async send(text: string | Buffer): Promise<void> {
    if (!this.socket.write(text) && !this.socket.destroyed)
      await Promise.race([once(this.socket, 'drain'), this.whenClosed()]);
  }

  /** Sends, then everything received until the PONG that answers our PING, PONG excluded. */
  async exchange(text: string): Promise<string> {
    const from = this.received.length;
    await this.send(`${text}PING\r\n`);
    await this.waitUntil(() => this.received.indexOf('PONG\r\n', from) >= 0 || this.closed);
    const answer = this.received.slice(from);
    return answer.endsWith('PONG\r\n') ? answer.slice(0, -'PONG\r\n'.length) : answer;
  }

  async whenReceived(text: string): Promise<void> {
    await this.waitUntil(() => this.received.includes(text));
  }

  async whenClosed(): Promise<void> {
    await this.waitUntil(() => this.closed);
  }

  /** Checks after every piece of input; fails with what was received. */
  async waitUntil(isTrue: () => boolean): Promise<void> {
    const giveUpAt = performance.now() + WAIT_MS_MAX;
    while (!isTrue()) {
      const left = giveUpAt - performance.now();
      if (left <= 0) throw new Error(`waited in vain; closed: ${this.closed}, received: ${this.received.slice(-500)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        const before = this.#changed;
        this.#changed = () => {
          clearTimeout(timer);
          before();
          resolve();
        };
      });
    }
  }

  destroy(): void {
    this.socket.destroy();
  }

  #take(text: string): void {
    if (this.#greeted) this.received += text;
    else {
      this.#beforeInfo += text;
      const end = this.#beforeInfo.indexOf('\r\n');
      if (end >= 0) {
        this.info = JSON.parse(this.#beforeInfo.slice('INFO '.length, end)) as Record<string, unknown>;
        this.received = this.#beforeInfo.slice(end + 2);
        this.#greeted = true;
      }
    }
    const changed = this.#changed;
    this.#changed = () => {};
    changed();
  }
}

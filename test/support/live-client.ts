/** A WebSocket client that keeps what it was sent, and can stop reading. */
import { WebSocket } from 'ws';
import type { LiveWorld } from './live-world.ts';
import { eventually } from './live-world.ts';

export class LiveClient {
  readonly ws: WebSocket;
  readonly messages: string[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  /** Status of the answer to an upgrade that was refused. */
  refused: number | undefined;

  constructor(url: string, protocols: readonly string[] = []) {
    this.ws = new WebSocket(url.replace(/^http/, 'ws'), [...protocols], { perMessageDeflate: false });
    this.ws.on('message', (message) => this.messages.push(String(message)));
    this.ws.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.ws.on('error', () => {});
    this.ws.on('unexpected-response', (request, response) => {
      this.refused = response.statusCode;
      request.destroy();
    });
  }

  /** Open on both sides. */
  static async open(world: LiveWorld, name: string, protocols: readonly string[] = []): Promise<LiveClient> {
    const client = new LiveClient(`${world.server.url}/feed?name=${name}`, protocols);
    await eventually(
      () => client.ws.readyState === WebSocket.OPEN && world.sockets.has(name),
      () => `${name} did not open; refused: ${client.refused}, closed: ${JSON.stringify(client.closed)}`,
    );
    return client;
  }

  async received(count: number): Promise<readonly string[]> {
    await eventually(
      () => this.messages.length >= count,
      () => `waited for ${count} messages, received ${this.messages.length}, closed: ${JSON.stringify(this.closed)}`,
    );
    return this.messages;
  }

  async whenClosed(): Promise<{ readonly code: number; readonly reason: string }> {
    await eventually(() => this.closed !== undefined);
    return this.closed as { readonly code: number; readonly reason: string };
  }
}

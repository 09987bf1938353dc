/** A peer of bytes: says to a live server what no client library would. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { eventually } from './live-world.ts';

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export class LiveWire {
  readonly socket: Socket;
  /** The pieces as TCP brought them. */
  pieces: Buffer[] = [];
  closed = false;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (piece) => this.pieces.push(piece));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  /** Past the upgrade; what follows in `received` are frames. */
  static async upgraded(port: number, name: string): Promise<LiveWire> {
    const wire = new LiveWire(port);
    wire.write(handshake(`/feed?name=${name}`));
    await wire.until((text) => text.includes('\r\n\r\n'));
    if (!wire.received.startsWith('HTTP/1.1 101')) throw new Error(`not upgraded: ${wire.received}`);
    const rest = Buffer.concat(wire.pieces);
    wire.pieces = [rest.subarray(rest.indexOf('\r\n\r\n') + 4)].filter((piece) => piece.length > 0);
    return wire;
  }

  /** One character a byte. */
  get received(): string {
    return Buffer.concat(this.pieces).toString('latin1');
  }

  write(data: string | Buffer): void {
    if (!this.socket.destroyed) this.socket.write(data);
  }

  async until(isEnough: (received: string) => boolean): Promise<string> {
    await eventually(
      () => isEnough(this.received),
      () => `waited in vain; closed: ${this.closed}, received: ${this.received.slice(0, 500)}`,
    );
    return this.received;
  }

  async whenClosed(): Promise<string> {
    await eventually(() => this.closed);
    return this.received;
  }
}

export function handshake(target: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    host: 'localhost',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** A frame of RFC 6455, masked as a client's must be. */
export function frame(
  opcode: number,
  payload: string | Buffer,
  { fin = true, masked = true }: { readonly fin?: boolean; readonly masked?: boolean } = {},
): Buffer {
  const body = Buffer.from(payload as string);
  const bytes = body.length;
  const header = Buffer.alloc(bytes < 126 ? 2 : bytes < 65_536 ? 4 : 10);
  header[0] = (fin ? 0x80 : 0) | opcode;
  if (bytes < 126) header[1] = bytes;
  else if (bytes < 65_536) {
    header[1] = 126;
    header.writeUInt16BE(bytes, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(bytes), 2);
  }
  if (!masked) return Buffer.concat([header, body]);
  header[1] = (header[1] as number) | 0x80;
  const mask = randomBytes(4);
  return Buffer.concat([header, mask, body.map((byte, index) => byte ^ (mask[index % 4] as number))]);
}

/** The frame a server sends for a short text. */
export function serverText(text: string): string {
  return frame(OPCODES.text, text, { masked: false }).toString('latin1');
}

/** The code in the close frame that ends these frames of short texts; undefined without one. */
export function closeCode(received: string): number | undefined {
  const bytes = Buffer.from(received, 'latin1');
  for (let at = 0; at + 4 <= bytes.length; at += 2 + ((bytes[at + 1] as number) & 127)) {
    if (bytes[at] === (0x80 | OPCODES.close)) return bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

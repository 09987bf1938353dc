/**
 * Counts WebSocket messages in what a TCP connection brings, by their frame headers and two bytes of each: a client that
 * decoded everything would cost more than the server that is measured. Knows the frames of these servers only: unmasked,
 * unfragmented, uncompressed.
 */

const CLOSE = 0x88;
const TEXT = 0x81;
const MEDIUM_MARK = 126;
const LONG_MARK = 127;
/** Where the name of the type stands in `{"type":"event",…`: its first two letters tell all types apart. */
const NAME_OFFSET = 9;

const EVENT = nameCode('ev');
const TICK = nameCode('ti');
const SNAPSHOT = nameCode('sn');
const LIVE = nameCode('li');

/** A message of the load: its text is in `bytes` from `from` up to `to`. */
export type OnMessage = (bytes: Buffer, from: number, to: number) => void;

export class FrameReader {
  /** Events and ticks: the load. */
  messages = 0;
  snapshots = 0;
  /** How often it was told that it has everything. */
  lives = 0;
  /** The server has said that it ends. */
  isClosing = false;
  /** The beginning of a frame whose end has not come. */
  #rest: Buffer | undefined;

  /** `bytes` may be reused after the call. */
  take(bytes: Buffer, length: number, onMessage?: OnMessage): void {
    const rest = this.#rest;
    const chunk = rest === undefined ? bytes : Buffer.concat([rest, bytes.subarray(0, length)]);
    const end = rest === undefined ? length : chunk.length;
    const read = this.#frames(chunk, end, onMessage);
    this.#rest = read === end ? undefined : Buffer.from(chunk.subarray(read, end));
  }

  /** How far whole frames reach. */
  #frames(chunk: Buffer, end: number, onMessage: OnMessage | undefined): number {
    let at = 0;
    while (at + 2 <= end) {
      const mark = chunk[at + 1] as number;
      const header = mark < MEDIUM_MARK ? 2 : mark === MEDIUM_MARK ? 4 : 10;
      if (at + header > end) return at;
      const size = header === 2 ? mark : header === 4 ? chunk.readUInt16BE(at + 2) : longSize(chunk, at, mark);
      const next = at + header + size;
      if (next > end) return at;
      this.#frame(chunk, at, at + header, next, onMessage);
      at = next;
    }
    return at;
  }

  #frame(chunk: Buffer, at: number, from: number, to: number, onMessage: OnMessage | undefined): void {
    if (chunk[at] === CLOSE) this.isClosing = true;
    if (chunk[at] !== TEXT) return;
    const name = ((chunk[from + NAME_OFFSET] as number) << 8) | (chunk[from + NAME_OFFSET + 1] as number);
    if (name === EVENT || name === TICK) {
      this.messages += 1;
      onMessage?.(chunk, from, to);
    } else if (name === SNAPSHOT) this.snapshots += 1;
    else if (name === LIVE) this.lives += 1;
  }
}

function longSize(chunk: Buffer, at: number, mark: number): number {
  if (mark !== LONG_MARK) throw new Error('a server masks nothing');
  return Number(chunk.readBigUInt64BE(at + 2));
}

function nameCode(letters: string): number {
  return (letters.charCodeAt(0) << 8) | letters.charCodeAt(1);
}

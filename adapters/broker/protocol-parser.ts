/**
 * Turns a client's bytes into frames, wherever TCP cut them.
 *
 * Memory is bounded: an unfinished line holds at most `controlLineBytesMax` bytes, an unfinished payload the size it
 * declared, checked before anything is allocated. The common case, a message that lies whole in the piece just read, is
 * handed on without a copy. Control lines may end in LF alone, a payload must be followed by CRLF, as in nats-server.
 */
import { type FrameHandler, VIOLATION } from './frames.ts';

export interface ParserLimits {
  readonly controlLineBytesMax: number;
  readonly maxPayloadBytes: number;
}

const SPACE = 0x20;
const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;
const ZERO = 0x30;

/** The most any operation takes (HPUB subject reply headers total). */
const ARGUMENTS_MAX = 4;
/** More digits than any legal size has. */
const SIZE_DIGITS_MAX = 10;
const LINE_END_BYTES = 2;

const VERB_LETTERS_MAX = 7;
const VERB = {
  PUB: verbCode('PUB'),
  HPUB: verbCode('HPUB'),
  SUB: verbCode('SUB'),
  UNSUB: verbCode('UNSUB'),
  PING: verbCode('PING'),
  PONG: verbCode('PONG'),
  CONNECT: verbCode('CONNECT'),
} as const;

/** A PUB or HPUB whose payload has not been handed on yet. */
interface Announced {
  readonly subject: string;
  readonly reply: string;
  readonly headerBytes: number;
  readonly totalBytes: number;
}

export class ProtocolParser {
  readonly #handler: FrameHandler;
  readonly #limits: ParserLimits;
  /** Start of a line whose end has not arrived. */
  #line: Buffer | undefined;
  #announced: Announced | undefined;
  /** Payload and line end of `#announced`, being filled, when it did not arrive in one piece. */
  #assembly: Buffer | undefined;
  #assembled = 0;
  #stopped = false;
  readonly #argumentStarts = new Int32Array(ARGUMENTS_MAX);
  readonly #argumentEnds = new Int32Array(ARGUMENTS_MAX);

  constructor(handler: FrameHandler, limits: ParserLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** Ignores everything from here on, the rest of the piece being parsed included. */
  stop(): void {
    this.#stopped = true;
    this.#line = undefined;
    this.#assembly = undefined;
  }

  push(piece: Buffer): void {
    if (this.#stopped) return;
    let offset = 0;
    if (this.#assembly !== undefined) {
      offset = this.#assemble(this.#assembly, piece, 0);
    } else if (this.#line !== undefined) {
      piece = Buffer.concat([this.#line, piece]);
      this.#line = undefined;
    }
    while (!this.#stopped && offset < piece.length) {
      offset = this.#announced === undefined ? this.#parseLine(piece, offset) : this.#takePayload(piece, offset);
    }
  }

  /** Returns where the next frame starts; the end of `piece` when the line is not complete. */
  #parseLine(piece: Buffer, start: number): number {
    const lineFeed = piece.indexOf(LF, start);
    let end = lineFeed < 0 ? piece.length : lineFeed;
    if (end > start && piece[end - 1] === CR) end -= 1;
    if (end - start > this.#limits.controlLineBytesMax) this.#fail(VIOLATION.controlLine);
    else if (lineFeed < 0) this.#line = piece.subarray(start);
    else {
      const violation = this.#dispatch(piece, start, end);
      if (violation !== undefined) this.#fail(violation);
    }
    return lineFeed < 0 ? piece.length : lineFeed + 1;
  }

  /** Handles one complete line. Returns what is wrong with it, if anything; so do the methods it calls. */
  #dispatch(piece: Buffer, start: number, end: number): string | undefined {
    let verbEnd = start;
    while (verbEnd < end && piece[verbEnd] !== SPACE && piece[verbEnd] !== TAB) verbEnd += 1;
    switch (foldVerb(piece, start, verbEnd)) {
      case VERB.PUB:
        return this.#announce(piece, verbEnd, end, false);
      case VERB.HPUB:
        return this.#announce(piece, verbEnd, end, true);
      case VERB.SUB:
        return this.#subscribe(piece, verbEnd, end);
      case VERB.UNSUB:
        return this.#unsubscribe(piece, verbEnd, end);
      case VERB.PING:
        this.#handler.onPing();
        return undefined;
      case VERB.PONG:
        this.#handler.onPong();
        return undefined;
      case VERB.CONNECT:
        this.#handler.onConnect(piece.toString('utf8', verbEnd, end));
        return undefined;
      default:
        return VIOLATION.unknownOperation;
    }
  }

  #announce(piece: Buffer, start: number, end: number, hasHeaders: boolean): string | undefined {
    const sizes = hasHeaders ? 2 : 1;
    const count = this.#splitArguments(piece, start, end);
    if (count !== 1 + sizes && count !== 2 + sizes) return VIOLATION.arguments;
    const totalBytes = this.#size(piece, count - 1);
    const headerBytes = hasHeaders ? this.#size(piece, count - 2) : 0;
    if (totalBytes < 0 || headerBytes < 0 || headerBytes > totalBytes) return VIOLATION.arguments;
    if (totalBytes > this.#limits.maxPayloadBytes) return VIOLATION.payload;
    const reply = count === 2 + sizes ? this.#argument(piece, 1) : '';
    this.#announced = { subject: this.#argument(piece, 0), reply, headerBytes, totalBytes };
    return undefined;
  }

  #subscribe(piece: Buffer, start: number, end: number): string | undefined {
    const count = this.#splitArguments(piece, start, end);
    if (count !== 2 && count !== 3) return VIOLATION.arguments;
    const queue = count === 3 ? this.#argument(piece, 1) : '';
    this.#handler.onSubscribe(this.#argument(piece, 0), queue, this.#argument(piece, count - 1));
    return undefined;
  }

  #unsubscribe(piece: Buffer, start: number, end: number): string | undefined {
    const count = this.#splitArguments(piece, start, end);
    if (count !== 1 && count !== 2) return VIOLATION.arguments;
    // Something that is no number counts as "at once", as in nats-server.
    const max = count === 2 ? Math.max(0, this.#size(piece, 1)) : 0;
    this.#handler.onUnsubscribe(this.#argument(piece, 0), max);
    return undefined;
  }

  #takePayload(piece: Buffer, start: number): number {
    const announced = this.#announced!;
    const wireBytes = announced.totalBytes + LINE_END_BYTES;
    if (piece.length - start >= wireBytes) {
      this.#publish(announced, piece.subarray(start, start + wireBytes));
      return start + wireBytes;
    }
    this.#assembly = Buffer.allocUnsafeSlow(wireBytes);
    this.#assembled = 0;
    return this.#assemble(this.#assembly, piece, start);
  }

  #assemble(assembly: Buffer, piece: Buffer, start: number): number {
    const end = Math.min(piece.length, start + assembly.length - this.#assembled);
    this.#assembled += piece.copy(assembly, this.#assembled, start, end);
    if (this.#assembled === assembly.length) {
      this.#assembly = undefined;
      this.#publish(this.#announced!, assembly);
    }
    return end;
  }

  #publish(announced: Announced, wire: Buffer): void {
    const { subject, reply, headerBytes, totalBytes } = announced;
    this.#announced = undefined;
    // A payload longer or shorter than announced shows here: the stream can't be trusted any more.
    if (wire[totalBytes] !== CR || wire[totalBytes + 1] !== LF) this.#fail(VIOLATION.unknownOperation);
    else this.#handler.onPublish({ subject, reply, headerBytes, payload: wire.subarray(0, totalBytes) });
  }

  /** Notes where the arguments lie. Returns their number, or −1 when there are too many or one holds a CR. */
  #splitArguments(piece: Buffer, start: number, end: number): number {
    let count = 0;
    let inside = false;
    for (let index = start; index < end; index += 1) {
      const byte = piece[index];
      if (byte === CR) return -1;
      if (byte === SPACE || byte === TAB) {
        inside = false;
      } else {
        if (!inside) {
          if (count === ARGUMENTS_MAX) return -1;
          this.#argumentStarts[count] = index;
          count += 1;
          inside = true;
        }
        this.#argumentEnds[count - 1] = index + 1;
      }
    }
    return count;
  }

  #argument(piece: Buffer, index: number): string {
    return piece.toString('latin1', this.#argumentStarts[index], this.#argumentEnds[index]);
  }

  /** The argument as a decimal number; −1 when it isn't one. */
  #size(piece: Buffer, index: number): number {
    const start = this.#argumentStarts[index]!;
    const end = this.#argumentEnds[index]!;
    if (end - start > SIZE_DIGITS_MAX) return -1;
    let size = 0;
    for (let position = start; position < end; position += 1) {
      const digit = piece[position]! - ZERO;
      if (digit < 0 || digit > 9) return -1;
      size = size * 10 + digit;
    }
    return size;
  }

  #fail(violation: string): void {
    this.stop();
    this.#handler.onViolation(violation);
  }
}

/** A number for a word of letters, the same in upper and lower case; −1 for anything else. Compared, never decoded. */
function foldVerb(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > VERB_LETTERS_MAX) return -1;
  let code = 0;
  for (let index = start; index < end; index += 1) {
    const letter = (bytes[index]! | 0x20) - 0x60;
    if (letter < 1 || letter > 26) return -1;
    code = code * 32 + letter;
  }
  return code;
}

function verbCode(verb: string): number {
  return foldVerb(Buffer.from(verb), 0, verb.length);
}

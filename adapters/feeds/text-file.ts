/**
 * Text files as streams of lines, unpacked when they are gzip. What a file is, its first bytes say, not its name.
 */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { RecordedDataError } from './recorded-row.ts';

/** A line longer than this is no line of market data; refused before it fills memory. */
const LINE_CHARACTERS_MAX = 65_536;
/** Small enough that the rows of a chunk die young: larger ones fill memory with what is long over. */
const CHUNK_BYTES = 32_768;
const BYTE_ORDER_MARK = '\uFEFF';

export interface TextLine {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
}

/** Lines without their ends, blank ones left out, in batches of whatever arrived together. */
export async function* readLines(path: string): AsyncGenerator<TextLine[]> {
  let number = 0;
  let rest = '';
  const take = (text: string, lines: TextLine[]): void => {
    number += 1;
    const bare = number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    if (bare.trim() !== '') lines.push({ number, text: bare.endsWith('\r') ? bare.slice(0, -1) : bare });
  };
  for await (const chunk of readText(path)) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > LINE_CHARACTERS_MAX) {
      throw new RecordedDataError({ path, line: number + 1 }, `line is longer than ${LINE_CHARACTERS_MAX} characters`);
    }
    const lines: TextLine[] = [];
    for (const part of parts) take(part, lines);
    if (lines.length > 0) yield lines;
  }
  const last: TextLine[] = [];
  if (rest !== '') take(rest, last);
  if (last.length > 0) yield last;
}

/** The whole file as one text; refused when it is larger than `charactersMax`. */
export async function readWhole(path: string, charactersMax: number): Promise<string> {
  let text = '';
  for await (const chunk of readText(path)) {
    text += chunk;
    if (text.length > charactersMax) {
      throw new RecordedDataError(
        { path },
        `larger than ${charactersMax} characters; large recordings are read as CSV`,
      );
    }
  }
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** The first character that is not blank; undefined for an empty file. */
export async function firstCharacter(path: string): Promise<string | undefined> {
  for await (const chunk of readText(path)) {
    const text = chunk.replace(BYTE_ORDER_MARK, '').trimStart();
    if (text !== '') return text[0];
  }
  return undefined;
}

async function* readText(path: string): AsyncGenerator<string> {
  const packed = await isGzip(path);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const stream: Readable = packed ? file.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : file;
  file.on('error', (cause) => stream.destroy(cause));
  stream.setEncoding('utf8');
  try {
    for await (const chunk of stream) yield chunk as string;
  } catch (cause) {
    throw new RecordedDataError({ path }, `cannot be ${packed ? 'unpacked' : 'read'}: ${(cause as Error).message}`, {
      cause,
    });
  } finally {
    stream.destroy();
    file.destroy();
  }
}

async function isGzip(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('not a regular file');
    const file = await open(path);
    try {
      const head = new Uint8Array(2);
      const { bytesRead } = await file.read(head, 0, 2, 0);
      return bytesRead === 2 && head[0] === 0x1f && head[1] === 0x8b;
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new RecordedDataError({ path }, `cannot be read: ${(cause as Error).message}`, { cause });
  }
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FrameHandler } from '../../adapters/broker/frames.ts';
import { ProtocolParser } from '../../adapters/broker/protocol-parser.ts';

const LIMITS = { controlLineBytesMax: 64, maxPayloadBytes: 100 };

/** Everything the parser says, as text, for the pieces given. */
function parse(pieces: readonly Buffer[]): string[] {
  const said: string[] = [];
  const handler: FrameHandler = {
    onConnect: (json) => void said.push(`connect ${json.trim()}`),
    onPing: () => void said.push('ping'),
    onPong: () => void said.push('pong'),
    onSubscribe: (...sub) => void said.push(`sub ${sub.join(',')}`),
    onUnsubscribe: (...unsub) => void said.push(`unsub ${unsub.join(',')}`),
    onPublish: (frame) =>
      void said.push(`pub ${frame.subject},${frame.reply},${frame.headerBytes},${frame.payload.toString('latin1')}`),
    onViolation: (violation) => void said.push(`violation ${violation}`),
  };
  const parser = new ProtocolParser(handler, LIMITS);
  // Each piece in memory of its own, as Node reads it.
  for (const piece of pieces) parser.push(Buffer.from(piece));
  return said;
}

function cutAt(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const cuts = [...positions].sort((a, b) => a - b);
  return [...cuts, bytes.length].map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end));
}

const conversation = Buffer.from(
  'CONNECT {"verbose":false}\r\nPING\r\nSUB a.* 1\r\nsub\ta.b queue  2\nPUB a.b 5\r\nhe\r\no\r\nPUB a.b re.ply 0\r\n\r\n' +
    'HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\nHPUB a r 12 12\r\nNATS/1.0\r\n\r\n\r\nUNSUB 1 10\r\nUNSUB 2\r\nPONG\r\n',
);
const meaning = [
  'connect {"verbose":false}',
  'ping',
  'sub a.*,,1',
  'sub a.b,queue,2',
  'pub a.b,,0,he\r\no',
  'pub a.b,re.ply,0,',
  'pub a,,12,NATS/1.0\r\n\r\nhi',
  'pub a,r,12,NATS/1.0\r\n\r\n',
  'unsub 1,10',
  'unsub 2,0',
  'pong',
];

describe('the protocol parser', () => {
  it('understands a conversation in one piece and in single bytes', () => {
    expect(parse([conversation])).toEqual(meaning);
    expect(
      parse(
        cutAt(
          conversation,
          Array.from({ length: conversation.length }, (_, index) => index),
        ),
      ),
    ).toEqual(meaning);
  });

  it('understands a conversation cut at any two bytes', () => {
    for (let first = 0; first <= conversation.length; first += 1) {
      for (let second = first; second <= conversation.length; second += 1) {
        expect(parse(cutAt(conversation, [first, second]))).toEqual(meaning);
      }
    }
  });

  it('says the same of any bytes, however they are cut, and stops at the first violation', () => {
    const word = fc.constantFrom(
      'PUB ',
      'HPUB ',
      'SUB ',
      'PING',
      'a',
      ' ',
      '\r',
      '\n',
      '\r\n',
      '3',
      '12 14',
      'NATS/1.0\r\n\r\n',
    );
    const bytes = fc
      .array(fc.oneof(word, fc.string({ maxLength: 90 })), { maxLength: 30 })
      .map((all) => Buffer.from(all.join('')));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat({ max: 300 }), { maxLength: 8 }), (stream, positions) => {
        const whole = parse([stream]);
        expect(
          parse(
            cutAt(
              stream,
              positions.filter((position) => position < stream.length),
            ),
          ),
        ).toEqual(whole);
        expect(whole.slice(0, -1).some((said) => said.startsWith('violation'))).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives up on a line that grows past the limit before its end is known', () => {
    const pieces = ['SUB ', 'a'.repeat(40), 'a'.repeat(40), ' 1\r\nPING\r\n'].map((text) => Buffer.from(text));
    expect(parse(pieces)).toEqual(['violation maximum control line exceeded']);
  });

  it('accepts a line of exactly the limit, its line end cut off', () => {
    const subject = 'a'.repeat(LIMITS.controlLineBytesMax - 'SUB  1'.length);
    expect(parse([Buffer.from(`SUB ${subject} 1\r`), Buffer.from('\n')])).toEqual([`sub ${subject},,1`]);
  });

  it('refuses an announced payload over the limit before it arrives', () => {
    expect(parse([Buffer.from('PUB a 101\r\n')])).toEqual(['violation Maximum Payload Violation']);
  });
});

/** A benchmark whose clients miscount proves nothing: what they read is counted to the message, however it arrives. */
import { describe, expect, it, vi } from 'vitest';
import { FrameReader } from '../../bench/feed/clients/frames.ts';
import type { Tally } from '../../bench/feed/clients/group.ts';
import { faultsOf } from '../../bench/feed/contestant.ts';
import { filesNeeded, insistOnOpenFiles } from '../../bench/feed/open-files.ts';
import { HeldClock } from '../../bench/feed/server/held-clock.ts';
import { targets } from '../../bench/feed/targets.ts';
import { UsageError } from '../../bench/harness/options.ts';
import type { Row } from '../../bench/harness/suite.ts';

const EVENT = '{"type":"event","channel":"symbol:KRW-BTC","seq":1}';
const TICK = '{"type":"tick","channel":"symbol:KRW-BTC","price":"2","at":"2026-01-01T00:00:00Z"}';
const SNAPSHOT = '{"type":"snapshot","channel":"symbol:KRW-BTC","seq":1,"data":{}}';
const STATE = '{"type":"state","channel":"symbol:KRW-BTC","at":"2026-01-01T00:00:00Z","data":{}}';
const LIVE = '{"type":"live","channel":"symbol:KRW-BTC","seq":1}';
const MEDIUM = `{"type":"event","note":"${'x'.repeat(300)}"}`;
const LONG = `{"type":"event","note":"${'x'.repeat(70_000)}"}`;

/** A server's frame of RFC 6455 §5.2. */
function frame(text: string, first = 0x81): Buffer {
  const { length } = text;
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), Buffer.from(text)]);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = first;
  header[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) header.writeUInt16BE(length, 2);
  else header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, Buffer.from(text)]);
}

const EVERYTHING = Buffer.concat([
  ...[SNAPSHOT, LIVE, EVENT, STATE, MEDIUM, LONG, TICK].map((text) => frame(text)),
  frame('', 0x89),
]);

function readIn(pieceBytes: number): { readonly reader: FrameReader; readonly texts: readonly string[] } {
  const reader = new FrameReader();
  const texts: string[] = [];
  // One buffer for all reads, as the connections have it.
  const buffer = Buffer.alloc(pieceBytes);
  for (let at = 0; at < EVERYTHING.length; at += pieceBytes) {
    const length = EVERYTHING.copy(buffer, 0, at, at + pieceBytes);
    reader.take(buffer, length, (bytes, from, to) => texts.push(bytes.toString('utf8', from, to)));
  }
  return { reader, texts };
}

describe('a client of the feed benchmark', () => {
  it.each([1_000_000, 65_536, 97, 13])('counts every message once when it comes in pieces of %i bytes', (piece) => {
    const { reader, texts } = readIn(piece);
    expect(texts).toEqual([EVENT, MEDIUM, LONG, TICK]);
    expect(reader).toMatchObject({ messages: 4, snapshots: 1, lives: 1, isClosing: false });
  });

  it('notices that the server ends', () => {
    const reader = new FrameReader();
    const bytes = frame('', 0x88);
    reader.take(bytes, bytes.length);
    expect(reader.isClosing).toBe(true);
  });
});

describe('what was read is held against what was published', () => {
  const sent = { numbers: Float64Array.of(7, 8, 9) };
  const tally = (changed: Partial<Tally> = {}): Tally => ({
    connections: 2,
    fewest: 3,
    most: 3,
    total: 6,
    resynced: 0,
    snapshots: 0,
    broken: 0,
    bytes: 0,
    cpuMs: 0,
    samples: [{ numbers: Float64Array.of(7, 8, 9), times: Float64Array.of(1, 2, 3) }],
    ...changed,
  });

  it('finds nothing wrong with clients that read everything in order', () => {
    expect(faultsOf(sent, tally())).toEqual([]);
  });

  it('tells of uneven counts, closed connections and another order', () => {
    const samples = [{ numbers: Float64Array.of(7, 9, 8), times: Float64Array.of(1, 2, 3) }];
    expect(faultsOf(sent, tally({ fewest: 2, broken: 1, samples }))).toHaveLength(3);
  });
});

describe('a clock that is held', () => {
  it('keeps time and timers where they were', async () => {
    const clock = new HeldClock();
    let calls = 0;
    clock.after(0, () => {
      calls += 1;
    });
    clock.go();
    clock.hold();
    const heldAt = clock.monotonic();
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.monotonic()).toBe(heldAt);
    expect(calls).toBe(0);
    clock.go();
    await vi.waitFor(() => expect(calls).toBe(1));
    clock.hold();
  });
});

describe('open files', () => {
  it('are those of the busiest process, and too few are told before anything starts', () => {
    const crowd = { clients: 5_000, contenders: 3 };
    expect(filesNeeded(crowd)).toBe(7_600);
    expect(() => insistOnOpenFiles(crowd, 7_600)).not.toThrow();
    expect(() => insistOnOpenFiles(crowd, 1_024)).toThrow(UsageError);
  });
});

describe('targets of the feed suite', () => {
  const row = (scenario: string, contender: string, fields: Partial<Row>): Row => ({
    scenario,
    contender,
    opsPerSecond: 1,
    p50Ms: 1,
    p99Ms: 1,
    lost: 0,
    ratio: 1,
    ...fields,
  });

  it('leave out what was not measured, and take no figure from a row that is wrong', () => {
    const rows = [
      row('1000/saturated', 'ws-loop', { rates: [1, 2] }),
      row('1000/saturated', 'coinpilot', { rates: [10, 30] }),
      row('5000/10', 'coinpilot', { p99Ms: 21, faults: ['a client read less'] }),
    ];
    expect(targets(rows).map(({ text, measured }) => [text, measured])).toEqual([
      ['1000/saturated against ws-loop', 12.5],
    ]);
  });
});

/** A benchmark whose clients miscount proves nothing: what they read is counted to the message, however it arrives. */
import { describe, expect, it, vi } from 'vitest';
import { FrameReader } from '../../bench/feed/clients/frames.ts';
import type { Tally } from '../../bench/feed/clients/group.ts';
import { faultsOf } from '../../bench/feed/contestant.ts';
import { filesNeeded, insistOnOpenFiles } from '../../bench/feed/open-files.ts';
import type { FanOut } from '../../bench/feed/server/fan-out.ts';
import { HeldClock } from '../../bench/feed/server/held-clock.ts';
import { Load } from '../../bench/feed/server/load.ts';
import { SentLog } from '../../bench/feed/server/sent-log.ts';
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
  const sent = { topics: [Float64Array.of(7, 8, 9)] };
  const other = Float64Array.of(7, 8, 10);
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

  it('lets each client hear one topic, and no mixture of two', () => {
    const topics = [...sent.topics, other];
    const hearing = (...numbers: number[]) => ({
      samples: [{ numbers: Float64Array.from(numbers), times: Float64Array.of(1, 2, 3) }],
    });
    expect(faultsOf({ topics }, tally(hearing(7, 8, 10)))).toEqual([]);
    expect(faultsOf({ topics }, tally(hearing(7, 9, 10)))).toHaveLength(1);
    expect(faultsOf({ topics: [...topics, Float64Array.of(7)] }, tally())).toHaveLength(1);
  });

  it('tells of uneven counts, closed connections and another order', () => {
    const samples = [{ numbers: Float64Array.of(7, 9, 8), times: Float64Array.of(1, 2, 3) }];
    expect(faultsOf(sent, tally({ fewest: 2, broken: 1, samples }))).toHaveLength(3);
  });
});

/** Two topics that are told the newest trade in turn. */
class TwoTopics implements FanOut {
  readonly port = 0;
  readonly library = '';
  readonly dropped = 0;
  readonly resyncs = 0;
  readonly #sent: SentLog;
  readonly #untold = new Map([
    ['one', false],
    ['other', false],
  ]);
  #newest = 0;
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;

  constructor(sent: SentLog) {
    this.#sent = sent;
  }

  event(): void {}

  trade(number: number): void {
    this.#newest = number;
    for (const topic of this.#untold.keys()) this.#untold.set(topic, true);
  }

  wake(): void {
    this.#timer ??= setInterval(() => this.#tell(), 20);
    setImmediate(() => this.#tell());
  }

  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tell(): void {
    this.#turn += 1;
    const topic = this.#turn % 2 === 0 ? 'one' : 'other';
    if (this.#untold.get(topic)) this.#sent.note(this.#newest, topic);
    this.#untold.set(topic, false);
  }
}

describe('the load of ticks', () => {
  it('ends when each topic was told so many, and carries no trade of it into the next', async () => {
    const sent = new SentLog();
    const reports = { everybody: Number.POSITIVE_INFINITY, onReport: () => undefined, clear: () => undefined };
    const load = new Load(new TwoTopics(sent), { sent, reports });
    let last = 0;
    for (const ticks of [3, 2]) {
      const { topics, since } = await load.pace(ticks);
      expect(topics.map(({ length }) => length)).toEqual([ticks, ticks]);
      for (const topic of topics) {
        expect([...topic]).toEqual([...topic].sort((one, other) => one - other));
        expect(topic[0]).toBeGreaterThan(last);
        expect([...topic].every((number) => since.has(number))).toBe(true);
      }
      last = Math.max(...topics.flatMap((topic) => [...topic]));
    }
  });

  it('counts the latency of a trade from when it was made, and of an event from when it is sent', () => {
    const sent = new SentLog();
    sent.traded(7, -5);
    for (const topic of ['one', 'other']) sent.note(7, topic);
    sent.note(8, 'one');
    expect(sent.since.get(7)).toBe(-5);
    expect(sent.since.get(8)).toBeGreaterThan(0);
    expect([...sent.topics]).toEqual([
      ['one', [7, 8]],
      ['other', [7]],
    ]);
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

/** Several fills in one request: what is settled stays settled, the rest is sent again under its own ids. */
import { describe, expect, it } from 'vitest';
import type { FillItem } from '../../../adapters/nats/client/index.ts';
import { type Reply, refuse } from '../../../protocol/errors.ts';
import { answerOf, type Body, type Scene, type Step, scene } from './scripted-wire.ts';

const SYMBOL = 'KRW-BTC';
const fills = (count: number): FillItem[] =>
  Array.from({ length: count }, (_, index) => ({ side: 'buy', quantity: String(index + 1), price: '100' }));

const accepted = (quantity: string): Reply => ({ ok: true, version: Number(quantity) });
const idsOf = (body: Body | undefined): string[] => body?.fills?.map(({ id }) => id) ?? [];

/** Answers every fill by its quantity. */
const each =
  (answer: (quantity: string) => Reply): Step =>
  ({ fills: items = [] }) => ({ ok: true, results: items.map(({ quantity }) => answer(quantity)) });

async function play(steps: readonly Step[], count = 4, prepare: (scene: Scene) => void = () => {}) {
  const set = scene(steps);
  prepare(set);
  const { reply } = await answerOf(set, set.client.symbol(SYMBOL).fills(fills(count)));
  return { reply, sent: set.wire.sent };
}

describe('a batch of fills', () => {
  it('is answered one by one in the order of the request, good beside bad', async () => {
    const { reply, sent } = await play([each((q) => (q === '2' ? refuse('INSUFFICIENT', 'too little') : accepted(q)))]);
    expect(reply).toEqual({
      ok: true,
      results: [accepted('1'), refuse('INSUFFICIENT', 'too little'), accepted('3'), accepted('4')],
    });
    expect(sent).toHaveLength(1);
    expect(new Set(idsOf(sent[0]?.body)).size).toBe(4);
  });

  it('sends again only what was refused for now, under the same ids, and keeps what is settled', async () => {
    const busy = each((q) => (Number(q) % 2 === 0 ? refuse('BUSY', '') : accepted(q)));
    const { reply, sent } = await play([busy, refuse('NOT_OWNER', ''), each(accepted)]);
    expect(reply).toEqual({ ok: true, results: ['1', '2', '3', '4'].map(accepted) });
    const [first = [], ...later] = sent.map(({ body }) => idsOf(body));
    expect(later).toEqual([
      [first[1], first[3]],
      [first[1], first[3]],
    ]);
    expect(new Set(sent.map(({ body }) => body.deadline)).size).toBe(1);
  });

  it('keeps the ids it is given', async () => {
    const set = scene([each(accepted)]);
    const items = fills(2).map((fill, index) => ({ ...fill, id: `id-${index}` }));
    await answerOf(set, set.client.symbol(SYMBOL).fills(items));
    expect(idsOf(set.wire.sent[0]?.body)).toEqual(['id-0', 'id-1']);
  });

  it('takes the late answer of the whole, while a part of it is on its way again', async () => {
    const { reply } = await play(
      ['silence', each((q) => (q === '1' ? accepted(q) : refuse('BUSY', ''))), 'silence'],
      2,
      (set) =>
        set.clock.after(1_500, () => set.wire.sent[0]?.answer(each((q) => ({ ok: true, version: 10 + Number(q) })))),
    );
    expect(reply).toEqual({ ok: true, results: [accepted('1'), { ok: true, version: 12 }] });
  });

  it('tells at the deadline for each fill whether it may have been carried out', async () => {
    const { reply, sent } = await play([each((q) => (q === '1' ? accepted(q) : refuse('BUSY', 'full'))), 'silence'], 2);
    const [first, second] = idsOf(sent[0]?.body);
    expect(first).not.toBe(second);
    expect(reply).toMatchObject({
      ok: true,
      results: [accepted('1'), { ok: false, error: { code: 'OUTCOME_UNKNOWN', details: { id: second } } }],
    });
  });

  it('that came to one end as a whole says so once', async () => {
    const unknown = await play(['silence'], 2);
    expect(unknown.reply).toMatchObject({
      ok: false,
      error: { code: 'OUTCOME_UNKNOWN', details: { ids: idsOf(unknown.sent[0]?.body) } },
    });
    expect((await play(['nobody'])).reply).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });
    expect((await play([refuse('EXPIRED', 'late')])).reply).toEqual(refuse('EXPIRED', 'late'));
  });

  it('takes an answer with the wrong number of results for none', async () => {
    const { reply } = await play([{ ok: true, results: [accepted('1')] }, each(accepted)], 2);
    expect(reply).toEqual({ ok: true, results: [accepted('1'), accepted('2')] });
  });

  it('holds 1 to 256 fills: another number throws', () => {
    const { client } = scene([]);
    expect(() => client.symbol(SYMBOL).fills(fills(257))).toThrow(/256/);
    expect(() => client.symbol(SYMBOL).fills([])).toThrow(TypeError);
    const address = { target: 'symbol', name: SYMBOL, command: 'fill' } as const;
    expect(() => client.send(address, { fills: fills(2) })).toThrow(/fills/);
  });
});

describe('a request that is too large', () => {
  it('is refused before it is sent: the broker would end the connection', async () => {
    const set = scene([]);
    const reason = 'x'.repeat(300_000);
    const { reply } = await answerOf(set, set.client.symbol(SYMBOL).pause({ reason }));
    expect(reply).toMatchObject({ error: { code: 'INVALID', details: { bytesMax: 262_144 } } });
    expect(set.wire.sent).toHaveLength(0);
  });
});

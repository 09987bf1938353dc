/** What this process could do if nothing had to leave it: the arithmetic of a fill, and its JSON both ways. */
import { inChunks } from '../actors/chunks.ts';
import { reducer } from '../actors/plain-contenders.ts';
import { type Contender, interleave } from '../harness/interleave.ts';
import { isAsked, type Row, type SuiteContext } from '../harness/suite.ts';
import { FILL_JSON } from './fill-json.ts';

export const LOOPS = 'loop';
const ARITHMETIC = 'reducer';
const JSON_BOTH_WAYS = 'json';
export const LOOP_CONTENDERS = [ARITHMETIC, JSON_BOTH_WAYS];
const ROUNDS = 5;
const SEED = 20_261_127;

export async function measureLoops(context: SuiteContext): Promise<{ rows: readonly Row[] }> {
  context.progress(LOOPS);
  const rows = await interleave({
    scenario: LOOPS,
    contenders: [reducer(SEED), jsonBothWays()].filter(({ name }) => isAsked(name, ARITHMETIC, context)),
    baseline: ARITHMETIC,
    rounds: context.rounds ?? (context.isQuick ? 2 : ROUNDS),
    warmUpMs: 200,
    sliceMs: context.isQuick ? 100 : 300,
  });
  return { rows };
}

function jsonBothWays(): Contender {
  /** Keeps the result, so that no compiler finds it useless. */
  let characters = 0;
  return {
    name: JSON_BOTH_WAYS,
    slice: async (durationMs) => {
      const slice = await inChunks(
        durationMs,
        () => FILL_JSON,
        (chunk) => {
          for (const text of chunk) characters += JSON.stringify(JSON.parse(text)).length;
        },
      );
      if (characters === 0) throw new Error('JSON has characters');
      return slice;
    },
  };
}

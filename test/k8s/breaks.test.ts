/** Every check fails for what it is there for, and no other one does. */
import { describe, expect, it } from 'vitest';
import { renderOverlay } from '../../scripts/k8s/render.ts';
import { apply, type Break } from './breaks/break.ts';
import { RULES } from './breaks/rules.ts';
import { WIRING } from './breaks/wiring.ts';
import { problemsOf, readImage } from './checks/image-contents.ts';
import { type CheckName, findings } from './checks/index.ts';
import { isMeasured } from './checks/scaling.ts';
import { Cluster } from './cluster.ts';

/** The compiler asks for every check. */
const BREAKS: Readonly<Record<CheckName, readonly Break[]>> = { ...RULES, ...WIRING };
const RENDERED = { dev: renderOverlay('dev'), prod: renderOverlay('prod') };

/** Which checks fail for the overlay with the break in it. */
async function failing(broken: Break): Promise<string[]> {
  const rendered = RENDERED[broken.overlay];
  const objects = structuredClone(rendered.objects);
  apply(broken, objects);
  return Object.keys(await findings(Cluster.of({ ...rendered, objects }))).sort();
}

describe.each(Object.entries(BREAKS))('%s', (check, breaks) => {
  it.each(breaks)('$overlay, $object: $what', async (broken) => {
    expect(await failing(broken)).toEqual([check, ...(broken.also ?? [])].sort());
  });
});

describe('scaling', () => {
  it.each([
    ['a series that no Pod exports', 'coinpilot_orders_total', 'commands', false],
    ['a metric that no rule makes', 'coinpilot_commands_total', 'orders', false],
    ['nothing wrong', 'coinpilot_commands_total', 'commands', true],
  ])('%s', (_, seriesQuery, as, expected) => {
    expect(isMeasured('commands', [{ seriesQuery, name: { as } }])).toBe(expected);
  });
});

describe('image contents', () => {
  it('.dockerignore keeps a migration out', () => {
    const image = readImage();
    expect(problemsOf({ ...image, holds: (file) => !file.startsWith('ledger/migrations/') })).not.toEqual([]);
  });
});

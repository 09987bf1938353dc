/**
 * What happens within two hours of the demo market: the shapes a strategy of pull-backs lives from and dies of. A scene
 * is a line through a few knots; the market adds noise to it.
 */
import type { SeededRandom } from './seeded-random.ts';

export const SCENE_MINUTES = 120;

export interface Knot {
  /** Minutes from the start of the scene. */
  readonly minute: number;
  /** Log distance from where the scene began. */
  readonly offset: number;
}

export interface Scene {
  readonly knots: readonly Knot[];
  /** Factor on the noise. */
  readonly noise: number;
  /** Minutes in which more or less is traded than the moves alone would bring. */
  readonly turnover?: { readonly from: number; readonly minutes: number; readonly factor: number };
}

interface SceneKind {
  readonly weight: number;
  /** Where a scene of this kind ends on average, as a log distance. */
  readonly meanNet: number;
  create(random: SeededRandom): Scene;
}

const KINDS: readonly SceneKind[] = [
  { weight: 10, meanNet: 0, create: calm },
  { weight: 20, meanNet: 0.0015, create: pullBack },
  { weight: 22, meanNet: -0.001, create: swings },
  { weight: 28, meanNet: -0.032, create: slide },
  { weight: 22, meanNet: -0.014, create: fade },
  { weight: 5, meanNet: 0.013, create: spike },
];
const WEIGHTS = KINDS.reduce((sum, { weight }) => sum + weight, 0);

/** Where a scene ends on average. A market that takes this off every scene goes nowhere in the long run. */
export const SCENE_MEAN_NET = KINDS.reduce((sum, { weight, meanNet }) => sum + weight * meanNet, 0) / WEIGHTS;

export function drawScene(random: SeededRandom): Scene {
  let ticket = random.next() * WEIGHTS;
  for (const { weight, create } of KINDS) {
    ticket -= weight;
    if (ticket < 0) return create(random);
  }
  return calm(random);
}

/**
 * The first live scene: a clean fall and a clean recovery, so that whoever starts the demo sees an entry and an exit
 * within minutes.
 */
export function openingScene(random: SeededRandom): Scene {
  const start = random.integer(1, 4);
  const bottom = start + random.integer(8, 9);
  const depth = random.between(0.016, 0.019);
  return {
    noise: 0.35,
    // A surge of volume would forbid the entry in a falling market.
    turnover: { from: 0, minutes: 40, factor: 0.75 },
    knots: line(
      [start, 0],
      [bottom, -depth],
      [bottom + 2, -depth + 0.0065],
      [bottom + 20, random.between(0.008, 0.011)],
      [SCENE_MINUTES, 0.004],
    ),
  };
}

function calm(random: SeededRandom): Scene {
  return { noise: random.between(0.7, 1.1), knots: line([SCENE_MINUTES, random.between(-0.004, 0.004)]) };
}

/** Falls for a quarter of an hour, turns sharply and more than makes up for it. */
function pullBack(random: SeededRandom): Scene {
  const start = random.integer(5, 55);
  const bottom = start + random.integer(7, 16);
  const depth = random.between(0.009, 0.02);
  const top = bottom + random.integer(16, 34);
  return {
    noise: 0.8,
    knots: line(
      [start, 0],
      [bottom, -depth],
      [bottom + 2, -depth * 0.65],
      [top, random.between(0.001, 0.012)],
      [SCENE_MINUTES, random.between(-0.003, 0.006)],
    ),
  };
}

/** Two pull-backs, one after the other: a market that cannot make up its mind. */
function swings(random: SeededRandom): Scene {
  const dip = (start: number): (readonly [number, number])[] => {
    const bottom = start + random.integer(7, 12);
    const depth = random.between(0.009, 0.016);
    const top = bottom + random.integer(16, 26);
    return [
      [start, random.between(-0.002, 0.003)],
      [bottom, -depth],
      [bottom + 2, -depth * 0.65],
      [top, random.between(0.001, 0.009)],
    ];
  };
  const points = [...dip(random.integer(3, 15)), ...dip(random.integer(60, 75))];
  return { noise: 0.8, knots: line(...points, [SCENE_MINUTES, random.between(-0.005, 0.003)]) };
}

/** Looks like a pull-back, turns for a moment, and goes on falling: what the stop loss is for. */
function slide(random: SeededRandom): Scene {
  const start = random.integer(5, 30);
  const pause = start + random.integer(8, 14);
  const rest = pause + random.integer(4, 9);
  const bottom = rest + random.integer(20, 45);
  const depth = random.between(0.054, 0.074);
  return {
    noise: 1.1,
    turnover: { from: rest, minutes: bottom - rest, factor: 1.8 },
    knots: line(
      [start, 0],
      [pause, -0.014],
      [pause + 2, -0.0085],
      [rest, -0.009],
      [bottom, -depth],
      [SCENE_MINUTES, -depth * 0.5],
    ),
  };
}

/** A pull-back that climbs out without haste and then gives it all back: what the trailing stop is for. */
function fade(random: SeededRandom): Scene {
  const start = random.integer(2, 8);
  const bottom = start + random.integer(7, 10);
  const top = bottom + random.integer(60, 75);
  const height = random.between(0.0045, 0.008);
  const end = top + random.integer(6, 14);
  return {
    noise: 1.5,
    knots: line(
      [start, 0],
      [bottom, -0.011],
      [bottom + 2, -0.006],
      [top, height],
      [end, height - random.between(0.03, 0.04)],
      [SCENE_MINUTES, -0.014],
    ),
  };
}

/** News while the price is down: two or three minutes take it up further than most hours do. */
function spike(random: SeededRandom): Scene {
  const start = random.integer(5, 40);
  const bottom = start + random.integer(7, 10);
  const news = bottom + random.integer(8, 30);
  const height = random.between(0.03, 0.045);
  return {
    noise: 0.9,
    turnover: { from: news, minutes: 8, factor: 5 },
    knots: line(
      [start, 0],
      [bottom, -0.012],
      [bottom + 2, -0.007],
      [news, -0.007],
      [news + 1, height],
      [SCENE_MINUTES, height * random.between(0.2, 0.5)],
    ),
  };
}

function line(...points: readonly (readonly [minute: number, offset: number])[]): Knot[] {
  return [{ minute: 0, offset: 0 }, ...points.map(([minute, offset]) => ({ minute, offset }))];
}

/** Which contender has which colour, and how the colours look on a light page and on a dark one. */
import type { Row } from './suite.ts';

/** What the bench is about stands out by the same colour in every plot. */
const OURS = 'coinpilot';
/** Class of what others are compared with: grey in every plot. */
export const BASELINE_COLOUR = 'base';
/** The others take these in turn. Red is kept for what was lost. */
const PALETTE = ['#d98324', '#3f9d5d', '#8b6fd1', '#c95f99', '#2a9d9d', '#a38a1f', '#a5694a', '#6c8ebf', '#7f9c3f'];

/** Contender → class name, in the order of their first rows. */
export function colours(rows: readonly Row[]): ReadonlyMap<string, string> {
  const names = new Set(rows.map(({ contender }) => contender));
  const compared = new Set(rows.filter(({ isBaseline }) => isBaseline).map(({ contender }) => contender));
  const paint = new Map<string, string>();
  let next = 0;
  for (const name of names) {
    if (name === OURS) paint.set(name, 'ours');
    else if (compared.has(name)) paint.set(name, BASELINE_COLOUR);
    else {
      paint.set(name, `c${next % PALETTE.length}`);
      next += 1;
    }
  }
  return paint;
}

const FONT = '-apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif';

interface Theme {
  readonly page: string;
  readonly edge: string;
  readonly ink: string;
  readonly soft: string;
  readonly grid: string;
  readonly ours: string;
  readonly base: string;
  readonly lost: string;
}

const LIGHT: Theme = {
  page: '#ffffff',
  edge: '#d1d9e0',
  ink: '#1f2328',
  soft: '#59636e',
  grid: '#e4e8ec',
  ours: '#1f6feb',
  base: '#8c959f',
  lost: '#cf222e',
};
const DARK: Theme = {
  page: '#0d1117',
  edge: '#30363d',
  ink: '#e6edf3',
  soft: '#9198a1',
  grid: '#262c34',
  ours: '#4493f8',
  base: '#7d8590',
  lost: '#ff7b72',
};

/** Plain rules instead of variables, which some viewers of SVG don't know. The rim of a label keeps grid lines out of it. */
function rulesOf({ page, edge, ink, soft, grid, ours, base, lost }: Theme): string {
  return `.card{fill:${page};stroke:${edge}}.label{stroke:${page}}text{fill:${ink}}.quiet,.tick,.name{fill:${soft}}.grid{stroke:${grid}}.ours{fill:${ours}}.base{fill:${base}}.lost{fill:${lost}}`;
}

/** For the style element of a plot. */
export const STYLE = `
text{font:11px ${FONT};white-space:pre}
.title{font-size:18px;font-weight:600}
.section{font-size:13px;font-weight:600}
.scenario{font-size:12px;font-weight:600}
.tick{font-size:9.5px;text-anchor:middle}
.name{text-anchor:end}
.ratio,.lost{font-weight:600}
.label{paint-order:stroke;stroke-width:3px}
${PALETTE.map((colour, index) => `.c${index}{fill:${colour}}`).join('')}
${rulesOf(LIGHT)}
@media (prefers-color-scheme:dark){${rulesOf(DARK)}}
`;

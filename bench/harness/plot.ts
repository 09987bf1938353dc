/**
 * A suite as a picture: bars on a logarithmic scale, grouped by scenario, one section for each unit. Plain SVG without
 * script or fonts of its own; it brings its background, so that it reads on a light page and on a dark one. The same
 * report gives the same text.
 */
import { numeral, shortNumeral, times } from './numerals.ts';
import { BASELINE_COLOUR, colours, STYLE } from './plot-colours.ts';
import { decadesOf, makeScale, type Scale } from './plot-scale.ts';
import type { Report } from './report.ts';
import { byScenario } from './row-groups.ts';
import type { Row, Suite } from './suite.ts';

const WIDTH = 980;
const MARGIN = 28;
const GUTTER = 40;
/** From so many scenarios on they stand in two columns. */
const TWO_COLUMNS_FROM = 3;
const BAR = 11;
const BAR_PITCH = 16;
const PANEL_HEAD = 24;
const PANEL_FOOT = 28;
const SWATCH = 17;
/** Of text at 11 pixels, on average: enough to keep things apart. */
const CHARACTER = 5.7;
const RATE = 'operations a second';

/** Bars that share their axis. */
interface Panel {
  /** None where each bar is a scenario of its own. */
  readonly head: string | undefined;
  readonly bars: readonly Bar[];
}

interface Bar {
  readonly name: string;
  readonly colour: string;
  readonly value: number;
  readonly ratio: string;
  readonly figure: string;
  readonly lost: string;
}

interface Drawn {
  readonly text: string;
  readonly bottom: number;
}

type Paint = ReadonlyMap<string, string>;

export function plot(suite: Pick<Suite, 'title'>, report: Report): string {
  const paint = colours(report.rows);
  const parts = [
    text({ x: MARGIN, y: MARGIN + 16, style: 'title' }, suite.title),
    text({ x: MARGIN, y: MARGIN + 36, style: 'quiet' }, circumstances(report)),
  ];
  const legend = paint.size > 1 ? drawLegend(paint) : { text: '', bottom: MARGIN + 52 };
  parts.push(legend.text);
  let y = legend.bottom;
  for (const [unit, rows] of sectionsOf(report.rows)) {
    parts.push(text({ x: MARGIN, y: y + 14, style: 'section' }, unit));
    const section = drawSection(panelsOf(rows, paint), y + 24);
    parts.push(section.text);
    y = section.bottom;
  }
  const height = y + MARGIN - 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title description">
<title id="title">${escapeXml(suite.title)}</title>
<desc id="description">${escapeXml(`Bars on a logarithmic scale by scenario and contender. ${circumstances(report)}`)}</desc>
<style>${STYLE}</style>
<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
${parts.filter((part) => part !== '').join('\n')}
</svg>
`;
}

function circumstances({ machine, commit }: Report): string {
  const { cores, processor, node, postgres, nats } = machine;
  const servers = [postgres === '' ? '' : `Postgres ${postgres}`, nats === '' ? '' : `nats-server ${nats}`];
  const parts = [`${cores} cores (${processor})`, `node ${node}`, ...servers, commit, 'logarithmic scale'];
  return parts.filter((part) => part !== '').join(' · ');
}

/** Rows by unit: rates first, then each unit in the order of the rows. What is nothing has no place on the scale. */
function sectionsOf(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const sections = new Map<string, Row[]>();
  const rated = rows.filter(({ figure }) => figure === undefined);
  for (const row of [...rated, ...rows.filter(({ figure }) => figure !== undefined)]) {
    if (!(valueIn(row) > 0)) continue;
    const unit = row.figure?.unit ?? RATE;
    sections.set(unit, [...(sections.get(unit) ?? []), row]);
  }
  return sections;
}

function valueIn({ figure, opsPerSecond }: Row): number {
  return figure?.value ?? opsPerSecond ?? Number.NaN;
}

function panelsOf(rows: readonly Row[], paint: Paint): readonly Panel[] {
  const groups = [...byScenario(rows)];
  const bar = (name: string, row: Row): Bar => ({
    name,
    colour: paint.get(row.contender) ?? BASELINE_COLOUR,
    value: valueIn(row),
    ratio: row.ratio === null || row.isBaseline ? '' : times(row.ratio),
    figure: row.figure === undefined ? shortNumeral(valueIn(row)) : `${numeral(row.figure.value)} ${row.figure.unit}`,
    lost: row.lost === null || row.lost === 0 ? '' : `${numeral(row.lost)} lost`,
  });
  if (groups.every(([, { length }]) => length === 1)) {
    return [{ head: undefined, bars: rows.map((row) => bar(row.scenario, row)) }];
  }
  return groups.map(([head, group]) => ({ head, bars: group.map((row) => bar(row.contender, row)) }));
}

function drawLegend(paint: Paint): Drawn {
  const parts: string[] = [];
  let x = MARGIN;
  let y = MARGIN + 58;
  for (const [contender, colour] of paint) {
    const name = colour === BASELINE_COLOUR ? `${contender} (baseline)` : contender;
    const width = SWATCH + widthOf(name) + 14;
    if (x + width > WIDTH - MARGIN) {
      x = MARGIN;
      y += 18;
    }
    parts.push(`<rect class="${colour}" x="${round(x)}" y="${y - 9}" width="11" height="11" rx="2"/>`);
    parts.push(text({ x: x + SWATCH, y, style: 'label' }, name));
    x += width;
  }
  return { text: parts.join('\n'), bottom: y + 18 };
}

/** All its panels have one scale, so that bars compare across them. */
function drawSection(panels: readonly Panel[], top: number): Drawn {
  const columns = panels.length < TWO_COLUMNS_FROM ? 1 : 2;
  const width = (WIDTH - 2 * MARGIN - (columns - 1) * GUTTER) / columns;
  const bars = panels.flatMap((panel) => panel.bars);
  const nameWidth = Math.max(...bars.map(({ name }) => widthOf(name))) + 12;
  const labelWidth = Math.max(...bars.map((bar) => widthOf(`${bar.ratio}  ${bar.figure}  ${bar.lost}`))) + 10;
  const scale = makeScale(
    bars.map(({ value }) => value),
    width - nameWidth - labelWidth,
  );
  const parts: string[] = [];
  let y = top;
  for (let first = 0; first < panels.length; first += columns) {
    const line = panels.slice(first, first + columns);
    const drawn = line.map((panel, column) => {
      const x = MARGIN + column * (width + GUTTER);
      return drawPanel(panel, { x, y, left: round(x + nameWidth), scale });
    });
    parts.push(...drawn.map((panel) => panel.text));
    y = Math.max(...drawn.map(({ bottom }) => bottom));
  }
  return { text: parts.join('\n'), bottom: y };
}

function drawPanel({ head, bars }: Panel, place: { x: number; y: number; left: number; scale: Scale }): Drawn {
  const { x, left, scale } = place;
  const top = place.y + (head === undefined ? 4 : PANEL_HEAD);
  const bottom = top + bars.length * BAR_PITCH;
  const parts = head === undefined ? [] : [text({ x, y: place.y + 14, style: 'scenario' }, head)];
  for (const decade of decadesOf(scale)) {
    const at = round(left + scale.place(decade));
    parts.push(`<line class="grid" x1="${at}" y1="${top - 3}" x2="${at}" y2="${bottom}"/>`);
    // A power of ten needs no zeros after its point.
    parts.push(text({ x: at, y: bottom + 12, style: 'tick' }, shortNumeral(decade).replace(/\.0+(?= |$)/, '')));
  }
  for (const [index, bar] of bars.entries()) {
    const y = top + index * BAR_PITCH;
    const length = round(scale.place(bar.value));
    parts.push(text({ x: left - 6, y: y + BAR - 2, style: 'name' }, bar.name));
    parts.push(`<rect class="${bar.colour}" x="${left}" y="${y}" width="${length}" height="${BAR}" rx="1.5"/>`);
    parts.push(drawLabel(bar, { x: left + length + 6, y: y + BAR - 2 }));
  }
  return { text: parts.join('\n'), bottom: bottom + PANEL_FOOT };
}

function drawLabel({ ratio, figure, lost }: Bar, { x, y }: { x: number; y: number }): string {
  const spans = [
    ratio === '' ? '' : `<tspan class="ratio">${escapeXml(ratio)}</tspan>`,
    escapeXml(figure),
    lost === '' ? '' : `<tspan class="lost">${escapeXml(lost)}</tspan>`,
  ];
  return `<text class="label" x="${round(x)}" y="${y}">${spans.filter((span) => span !== '').join('  ')}</text>`;
}

function text({ x, y, style }: { x: number; y: number; style: string }, content: string): string {
  return `<text class="${style}" x="${round(x)}" y="${round(y)}">${escapeXml(content)}</text>`;
}

function widthOf(content: string): number {
  return content.length * CHARACTER;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

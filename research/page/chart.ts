/** Charts as SVG: equity with its drawdown, and candles with entries and exits. Static: no script, no network. */
import type { Worth } from '../backtest/equity-curve.ts';
import { type Bar, coarser } from '../backtest/hour-bars.ts';
import { escaped } from './markup.ts';

const WIDTH = 1_000;
const HEIGHT = 320;
/** Room for the figures of the axis. */
const LEFT = 90;
const BOTTOM = 24;
const POINTS_MAX = 1_500;
const BARS_MAX = 500;
const TICKS = 5;

/** What a trade shows on the chart of its symbol. */
export interface TradeMark {
  readonly at: number;
  readonly price: number;
  readonly side: 'entry' | 'win' | 'loss';
  readonly label: string;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Equity as a line, and below it how far it lies under its last peak. */
export function equityChart(worths: readonly Worth[]): string {
  const points = thinned(worths).map(({ at, equity }) => ({ at, value: Number(equity) / 1e8 }));
  let peak = Number.NEGATIVE_INFINITY;
  const falls = points.map(({ at, value }) => {
    peak = Math.max(peak, value);
    return { at, value: (value / peak - 1) * 100 };
  });
  return `${lineChart('Equity', points)}${lineChart('Drawdown in percent', falls, 'fall')}`;
}

export function candleChart(symbol: string, hours: readonly Bar[], marks: readonly TradeMark[]): string {
  const bars = coarser(hours, BARS_MAX);
  const [first, last] = [bars[0], bars.at(-1)];
  if (first === undefined || last === undefined) return '';
  const times = { from: first.at, to: last.at + (bars[1] === undefined ? 1 : bars[1].at - first.at) };
  const prices = padded(Math.min(...bars.map(({ low }) => low)), Math.max(...bars.map(({ high }) => high)));
  const x = scale(times, { from: LEFT, to: WIDTH });
  const y = scale(prices, { from: HEIGHT - BOTTOM, to: 0 });
  const half = Math.max(0.4, ((WIDTH - LEFT) / bars.length) * 0.35);
  const candles = bars.map(({ at, open, high, low, close }) => {
    const middle = x(at) + half;
    const [top, bottom] = [y(Math.max(open, close)), y(Math.min(open, close))];
    const body = `M${at2(middle - half)} ${at2(top)}h${at2(2 * half)}v${at2(Math.max(0.5, bottom - top))}h${at2(-2 * half)}z`;
    return `<path class="${close >= open ? 'up' : 'down'}" d="M${at2(middle)} ${at2(y(high))}V${at2(y(low))}${body}"/>`;
  });
  const triangles = marks.map(({ at, price, side, label }) => {
    const tip = side === 'entry' ? 'l-5 9h10z' : 'l-5 -9h10z';
    return `<path class="mark ${side}" d="M${at2(x(at))} ${at2(y(price))}${tip}"><title>${escaped(label)}</title></path>`;
  });
  return figure(`${symbol}: entries below, exits above the price`, axes(times, prices), [...candles, ...triangles]);
}

function lineChart(title: string, points: readonly { at: number; value: number }[], kind = 'line'): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return '';
  const times = { from: first.at, to: Math.max(last.at, first.at + 1) };
  const values = padded(Math.min(...points.map(({ value }) => value)), Math.max(...points.map(({ value }) => value)));
  const x = scale(times, { from: LEFT, to: WIDTH });
  const y = scale(values, { from: HEIGHT - BOTTOM, to: 0 });
  const path = points.map(({ at, value }) => `${at2(x(at))} ${at2(y(value))}`).join('L');
  return figure(title, axes(times, values), [`<path class="${kind}" d="M${path}"/>`]);
}

function figure(title: string, axis: string, shapes: readonly string[]): string {
  const label = escaped(title);
  return (
    `<figure><figcaption>${label}</figcaption>` +
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${axis}${shapes.join('')}</svg></figure>`
  );
}

function axes(times: Range, values: Range): string {
  const lines: string[] = [];
  for (let tick = 0; tick <= TICKS; tick += 1) {
    const share = tick / TICKS;
    const height = (HEIGHT - BOTTOM) * (1 - share);
    const value = values.from + (values.to - values.from) * share;
    const across = LEFT + (WIDTH - LEFT) * share;
    const day = new Date(times.from + (times.to - times.from) * share).toISOString().slice(0, 10);
    const anchor = tick === 0 ? 'start' : tick === TICKS ? 'end' : 'middle';
    lines.push(`<path class="grid" d="M${LEFT} ${at2(height)}H${WIDTH}"/>`);
    lines.push(`<text x="${LEFT - 6}" y="${at2(Math.max(10, height))}" text-anchor="end">${figureText(value)}</text>`);
    lines.push(`<text x="${at2(across)}" y="${HEIGHT - 6}" text-anchor="${anchor}">${day}</text>`);
  }
  return lines.join('');
}

function scale(from: Range, to: Range): (value: number) => number {
  const factor = (to.to - to.from) / (from.to - from.from);
  return (value) => to.from + (value - from.from) * factor;
}

/** A little room above and below; a flat line lies in the middle. */
function padded(low: number, high: number): Range {
  const room = high > low ? (high - low) * 0.05 : Math.max(Math.abs(high) * 0.01, 1e-9);
  return { from: low - room, to: high + room };
}

/** Every n-th value, the last one included. */
function thinned<Value>(values: readonly Value[]): readonly Value[] {
  const step = Math.ceil(values.length / POINTS_MAX);
  return step <= 1 ? values : values.filter((_, index) => index % step === 0 || index === values.length - 1);
}

function figureText(value: number): string {
  const digits = Math.abs(value) >= 1_000 ? 0 : Math.abs(value) >= 1 ? 2 : 6;
  const [whole = '', ...fraction] = value.toFixed(digits).split('.');
  return [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...fraction].join('.');
}

/** A coordinate: a hundredth of a unit is less than anybody sees. */
function at2(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** The page's colours for a canvas, which reads no CSS variables. */
import type { KnownRegime } from '../../../domain/regime.ts';

export interface ChartPalette {
  readonly surface: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly grid: string;
  readonly gain: string;
  readonly loss: string;
  readonly caution: string;
  readonly accent: string;
  readonly regimes: Readonly<Record<KnownRegime, string>>;
}

/** As they are at this moment: read again when theme or the colour of a gain changes. */
export function readPalette(root: HTMLElement): ChartPalette {
  const style = getComputedStyle(root);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    surface: read('--surface'),
    text: read('--text'),
    muted: read('--muted'),
    line: read('--line'),
    grid: read('--surface-2'),
    gain: read('--gain'),
    loss: read('--loss'),
    caution: read('--caution'),
    accent: read('--accent'),
    regimes: { BULL: read('--gain'), BEAR: read('--loss'), SIDEWAYS: read('--muted') },
  };
}

/** The name of a price level, on the chart and in its legend. */
import { t } from '../i18n/index.ts';
import type { PriceLevel } from './price-levels.ts';

export function levelTitle({ kind, reason }: PriceLevel): string {
  return t(kind === 'stop' && reason === 'TRAILING_STOP' ? 'market.level.trailing' : `market.level.${kind}`);
}

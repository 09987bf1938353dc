/**
 * A sentence before it is put into a language: the key of a text and what stands in its gaps. What decides which sentence
 * is said is pure and tested; only components know the reader's language.
 */
import type { MarketKey } from '../i18n/market.ts';

export interface Words {
  readonly key: MarketKey;
  readonly values?: Readonly<Record<string, string>>;
}

export function words(key: MarketKey, values?: Readonly<Record<string, string>>): Words {
  return values === undefined ? { key } : { key, values };
}

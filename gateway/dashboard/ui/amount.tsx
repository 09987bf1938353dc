/** Numbers that mean a gain or a loss: coloured, and signed, so that colour alone says nothing. */
import type { Units } from '../../../domain/money.ts';
import { formatKrw, formatKrwShort, formatPercent, formatShare, shareOf, toneOf } from '../format/money.ts';
import { language } from '../settings.ts';

export type Amount = string | Units | null | undefined;

/** +₩12,345. */
export function Profit({ amount }: { readonly amount: Amount }) {
  return <span class={`number tone-${toneOf(amount)}`}>{formatKrw(amount, { signed: true })}</span>;
}

/** +1.23 %, `part` of `whole`; nothing while either is not known, because the amount beside it says so already. */
export function ProfitShare({ part, whole }: { readonly part: Amount; readonly whole: Amount }) {
  if (shareOf(part, whole) === undefined) return null;
  return <span class={`number tone-${toneOf(part)}`}>{formatShare(part, whole, { signed: true })}</span>;
}

/** +1.23 %, of a percentage that is known. */
export function ProfitPercent({ percent }: { readonly percent: Amount }) {
  return <span class={`number tone-${toneOf(percent)}`}>{formatPercent(percent, { signed: true })}</span>;
}

/** ₩1,234,567. In Korean ₩123만 on a phone; both are in the page and CSS shows one. */
export function Krw({ amount }: { readonly amount: Amount }) {
  const long = formatKrw(amount);
  const short = formatKrwShort(amount, language.value);
  if (short === long) return <span class="number">{long}</span>;
  return (
    <span class="number">
      <span class="wide-only">{long}</span>
      <span class="narrow-only">{short}</span>
    </span>
  );
}

/** What a ledger belongs to. Synthetic, paper and real money never mix. */
export interface LedgerInfo {
  readonly venue: string;
  readonly feed: string;
}

/** Why a ledger of `known` can't be used for `wanted`; undefined when it is the same. */
export function otherLedger(known: LedgerInfo, wanted: LedgerInfo): string | undefined {
  if (known.venue === wanted.venue && known.feed === wanted.feed) return undefined;
  return (
    `this ledger belongs to venue "${known.venue}" with feed "${known.feed}", not to "${wanted.venue}" with ` +
    `"${wanted.feed}": synthetic, paper and real money never mix. Use another --state folder or DATABASE_URL.`
  );
}

/**
 * Every message of the load is numbered: an event by the seq of its row, a tick by its price. So a client that reads one
 * can say which it was, and nothing is in a message that the feed would not carry anyhow.
 */

/** NaN for a message that is no part of the load. */
export function messageNumber(text: string): number {
  const { seq, price } = JSON.parse(text) as { readonly seq?: number; readonly price?: string };
  return seq ?? Number(price);
}

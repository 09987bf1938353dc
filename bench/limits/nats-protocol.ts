/** What the suite and the process at the other end of the broker tell each other, and on which subjects they meet. */
export type ToNats =
  | { readonly type: 'open'; readonly url: string }
  /** So many messages were published in all: tell when they are there. */
  | { readonly type: 'await'; readonly messages: number }
  | { readonly type: 'stop' };

export type FromNats =
  | { readonly type: 'opened' }
  | { readonly type: 'received' }
  | { readonly type: 'failed'; readonly message: string };

export const PUBLISHED = 'limits.published';
export const REQUESTED = 'limits.requested';

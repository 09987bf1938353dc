/** A state in a word, with a shape beside the colour. */
import type { ComponentChildren } from 'preact';

export type BadgeTone = 'plain' | 'good' | 'caution' | 'bad';

export function Badge({ tone, children }: { readonly tone: BadgeTone; readonly children: ComponentChildren }) {
  return <span class={`badge badge-${tone}`}>{children}</span>;
}

/** How much a mode of a symbol asks for attention. */
export function modeTone(mode: string): BadgeTone {
  if (mode === 'halted') return 'bad';
  if (mode === 'paused') return 'caution';
  return mode === 'holding' || mode === 'entering' || mode === 'exiting' ? 'good' : 'plain';
}

/** The sign of a regime: a shape of its own, so that colour is never the only difference. */

const SHAPES: Readonly<Record<string, string>> = { BULL: '▲', BEAR: '▼', SIDEWAYS: '◆' };

export function RegimeMark({ regime }: { readonly regime: string }) {
  return (
    <span class={`market-regime market-regime-${regime.toLowerCase()}`} aria-hidden="true">
      {SHAPES[regime] ?? '○'}
    </span>
  );
}

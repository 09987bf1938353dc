/** Times as people and wires read them: ISO-8601, UTC, milliseconds. */

const SECOND_MS = 1_000;
/** `2026-01-31T09:00:00.` of the last second that was asked for: most questions in a row are about the same one. */
let last = { second: Number.NaN, text: '' };

/** Milliseconds since 1970 as `2026-01-31T09:00:00.000Z`. Throws RangeError for what is no time. */
export function isoTime(time: number): string {
  const at = Math.trunc(time);
  const second = Math.floor(at / SECOND_MS);
  if (second !== last.second) {
    const text = new Date(at).toISOString();
    last = { second, text: text.slice(0, -4) };
    return text;
  }
  return `${last.text}${String(at - second * SECOND_MS).padStart(3, '0')}Z`;
}

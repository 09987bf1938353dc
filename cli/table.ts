/** Text for a terminal: tables, labelled values, numbers and durations as people read them. Pure, no colour. */

/** Columns as wide as their widest cell; `right` names the columns of numbers. */
export function table(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const widths = headers.map((header, column) =>
    Math.max(...[header, ...rows.map((row) => row[column] ?? '')].map(width)),
  );
  const line = (cells: readonly string[]): string =>
    headers
      .map((header, column) => pad(cells[column] ?? '', widths[column] ?? 0, right.includes(header)))
      .join('  ')
      .trimEnd();
  return [line(headers), ...rows.map(line)].join('\n');
}

/** One line a label; a pair without a value is left out. */
export function labelled(pairs: readonly (readonly [label: string, value: string | null | undefined])[]): string {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null && pair[1] !== undefined);
  const widest = Math.max(0, ...shown.map(([label]) => width(label)));
  return shown.map(([label, value]) => `${pad(label, widest, false)}  ${value}`.trimEnd()).join('\n');
}

/** Groups the whole digits of a decimal text by thousands; whatever else it is stays as it is. */
export function grouped(decimal: string): string {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(decimal);
  if (match === null) return decimal;
  const [, sign = '', whole = '', fraction = ''] = match;
  return sign + whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',') + fraction;
}

/** A market number with at most four decimals: enough to see what decided. */
export function rounded(value: number): string {
  return grouped(String(Number(value.toFixed(4))));
}

/** 900 ms, 4.2 s, 3 min, 2 h, 5 d. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))} s`;
  if (ms < 3_600_000) return `${Number((ms / 60_000).toFixed(1))} min`;
  if (ms < 86_400_000) return `${Number((ms / 3_600_000).toFixed(1))} h`;
  return `${Number((ms / 86_400_000).toFixed(1))} d`;
}

function pad(text: string, columns: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, columns - width(text)));
  return right ? space + text : text + space;
}

/** Characters, not UTF-16 units. */
function width(text: string): number {
  return [...text].length;
}

/**
 * The roles of a table, spoken out: a phone shows rows as blocks, and some browsers then forget that this is a table.
 * Spread over the elements of a table of class `stacking`.
 */
export const TABLE = { role: 'table' } as const;
export const ROW_GROUP = { role: 'rowgroup' } as const;
export const ROW = { role: 'row' } as const;
export const ROW_HEADER = { role: 'rowheader' } as const;
export const COLUMN_HEADER = { role: 'columnheader' } as const;
export const CELL = { role: 'cell' } as const;

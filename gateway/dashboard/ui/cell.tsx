/** A cell of numbers. On a phone, where rows become blocks, it carries its column's name before it (`data-label`). */
import type { ComponentChildren } from 'preact';
import { CELL } from './table-roles.ts';

export interface CellProps {
  readonly label: string;
  /** Words go to the left. */
  readonly words?: boolean;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function Cell({ label, words = false, class: className = '', children }: CellProps) {
  return (
    <td {...CELL} data-label={label} class={`${words ? '' : 'number align-right'} ${className}`}>
      {children}
    </td>
  );
}

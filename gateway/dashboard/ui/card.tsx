/** A part of a page: a section with a heading that names it. */
import type { ComponentChildren } from 'preact';

export interface CardProps {
  /** Unique in the page; names the section for screen readers. */
  readonly id: string;
  readonly title: string;
  readonly class?: string;
  /** Beside the heading: commands, a range. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Card({ id, title, class: className = '', aside, children }: CardProps) {
  return (
    <section class={`card ${className}`} aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** A labelled text field that says what is wrong with it, to eyes and to screen readers. */
import type { Signal } from '@preact/signals';

export interface TextFieldProps {
  /** Unique in the form. */
  readonly name: string;
  readonly label: string;
  readonly value: Signal<string>;
  /** Null while nothing is wrong. */
  readonly problem: string | null;
  readonly lengthMax: number;
  readonly isLong?: boolean;
  readonly autocomplete?: string;
}

export function TextField({ name, label, value, problem, lengthMax, isLong = false, autocomplete }: TextFieldProps) {
  const id = `command-${name}`;
  const field = {
    id,
    name,
    value: value.value,
    maxLength: lengthMax,
    autocomplete: autocomplete ?? 'off',
    required: true,
    'aria-invalid': problem !== null,
    'aria-describedby': `${id}-problem`,
    onInput: (event: { readonly currentTarget: { readonly value: string } }) => {
      value.value = event.currentTarget.value;
    },
  };
  return (
    <p class="command-field">
      <label for={id}>{label}</label>
      {isLong ? <textarea rows={2} {...field} /> : <input type="text" {...field} />}
      <span id={`${id}-problem`} class="command-problem" role="alert">
        {problem}
      </span>
    </p>
  );
}

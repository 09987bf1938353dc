/** One choice of a few, all visible: radio buttons drawn as one bar, so the arrow keys work by themselves. */

export interface SegmentedProps<T extends string> {
  readonly name: string;
  readonly legend: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string; readonly lang?: string }[];
  readonly onChoose: (value: T) => void;
  /** The legend is read but not shown where the place says it already. */
  readonly hideLegend?: boolean;
}

export function Segmented<T extends string>(props: SegmentedProps<T>) {
  return (
    <fieldset class="segmented">
      <legend class={props.hideLegend === true ? 'visually-hidden' : ''}>{props.legend}</legend>
      <div class="segments">
        {props.options.map(({ value, label, lang }) => (
          <label key={value} class="segment">
            <input
              type="radio"
              name={props.name}
              value={value}
              checked={value === props.value}
              onChange={() => props.onChoose(value)}
            />
            <span lang={lang}>{label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

// A label, a control, and a sentence on what it does.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface Given {
  label: string;
  help?: string;
  /** What stands at the label's other end: the value. */
  value?: ComponentChildren;
  children: (ids: { id: string; "aria-describedby": string | undefined }) => ComponentChildren;
}

export function Field({ label, help, value, children }: Given) {
  const id = useId();
  return (
    <div class="field">
      <div class="labelled">
        <label for={id}>{label}</label>
        {value !== undefined && <span class="value">{value}</span>}
      </div>
      {children({ id, "aria-describedby": help ? `${id}-help` : undefined })}
      {help && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}

interface Sliding {
  label: string;
  help?: string;
  range: [number, number];
  step: number;
  value: number;
  shown: string;
  onValue: (value: number) => void;
}

export function Slider({ label, help, range, step, value, shown, onValue }: Sliding) {
  return (
    <Field label={label} value={<output>{shown}</output>} {...(help ? { help } : {})}>
      {(ids) => (
        <input
          {...ids}
          type="range"
          min={range[0]}
          max={range[1]}
          step={step}
          value={value}
          aria-valuetext={shown}
          onInput={(event) => onValue(event.currentTarget.valueAsNumber)}
        />
      )}
    </Field>
  );
}

// The parameters of an experiment as controls.
import { Field, Slider } from "../parts/Field";
import { number, significant, told, words } from "../words";
import type { Values } from "./address";
import { listOf, numbersIn } from "./lists";
import type { Parameter, Value } from "./types";

interface Given {
  parameters: readonly Parameter[];
  values: Values;
  onValue: (name: string, value: Value) => void;
}

export function Form({ parameters, values, onValue }: Given) {
  return (
    <>
      {parameters.map((parameter) => (
        <Control key={parameter.name} parameter={parameter} value={values[parameter.name] ?? null} onValue={(value) => onValue(parameter.name, value)} />
      ))}
    </>
  );
}

interface One {
  parameter: Parameter;
  value: Value;
  onValue: (value: Value) => void;
}

function Control({ parameter, value, onValue }: One) {
  const label = labelOf(parameter);
  const { kind, range } = parameter;
  switch (kind) {
    case "integer":
    case "number":
      return <Numeric label={label} parameter={parameter} value={Number(value)} onValue={onValue} />;
    case "choice":
      return (
        <Field label={label}>
          {(ids) => (
            <select {...ids} value={`${value}`} onChange={(event) => onValue(event.currentTarget.value)}>
              {range.map((each) => (
                <option key={`${each}`}>{each}</option>
              ))}
            </select>
          )}
        </Field>
      );
    case "choices":
      return <Choices label={label} range={range} value={value as string[]} onValue={onValue} />;
    case "integers":
      if (parameter.name === "hidden_layers") return <Layers label={label} parameter={parameter} value={value as number[]} onValue={onValue} />;
      return <List label={label} value={value as number[]} whole onValue={onValue} />;
    case "numbers":
      return <List label={label} value={value as number[]} whole={false} onValue={onValue} />;
    case "points":
      return null; // they are moved in the picture
  }
}

export function labelOf({ help, name }: Parameter): string {
  const text = told(help) || name;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const MOST_STEPS = 1000;

/** A slider where the range is narrow enough for one; over several powers of ten, of the exponent; else a field. */
function Numeric({ label, parameter, value, onValue }: { label: string; parameter: Parameter; value: number; onValue: (value: number) => void }) {
  const [low, high] = parameter.range;
  const whole = parameter.kind === "integer";
  if (typeof low === "number" && typeof high === "number") {
    const wide = low > 0 && high / low > MOST_STEPS;
    if (wide) {
      const range: [number, number] = [Math.log10(low), Math.log10(high)];
      const round = (power: number): number => (whole ? Math.round(10 ** power) : Number((10 ** power).toPrecision(2)));
      return <Slider label={label} range={range} step={0.05} value={Math.log10(value)} shown={significant(value)} onValue={(power) => onValue(Math.max(low, Math.min(high, round(power))))} />;
    }
    if (!whole || high - low <= 4 * MOST_STEPS) {
      const step = whole ? 1 : (high - low) / 100;
      return <Slider label={label} range={[low, high]} step={step} value={value} shown={significant(value)} onValue={onValue} />;
    }
  }
  return (
    <Field label={label}>
      {(ids) => (
        <input
          {...ids}
          type="number"
          value={value}
          step={whole ? 1 : "any"}
          min={low ?? undefined}
          max={high ?? undefined}
          onChange={(event) => Number.isFinite(event.currentTarget.valueAsNumber) && event.currentTarget.validity.valid && onValue(event.currentTarget.valueAsNumber)}
        />
      )}
    </Field>
  );
}

function Choices({ label, range, value, onValue }: { label: string; range: Parameter["range"]; value: string[]; onValue: (value: string[]) => void }) {
  return (
    <fieldset class="choices">
      <legend>{label}</legend>
      {range.map((each) => {
        const name = `${each}`;
        const on = value.includes(name);
        return (
          <label key={name}>
            <input type="checkbox" checked={on} disabled={on && value.length === 1} onChange={() => onValue(range.map(String).filter((other) => (other === name ? !on : value.includes(other))))} /> {name}
          </label>
        );
      })}
    </fieldset>
  );
}

function List({ label, value, whole, onValue }: { label: string; value: number[]; whole: boolean; onValue: (value: number[]) => void }) {
  return (
    <Field label={label}>
      {(ids) => (
        <input
          {...ids}
          value={listOf(value, whole)}
          onChange={(event) => {
            const numbers = numbersIn(event.currentTarget.value, whole);
            if (numbers) onValue(numbers);
            else event.currentTarget.value = listOf(value, whole);
          }}
        />
      )}
    </Field>
  );
}

/** The hidden layers of a network: one more, one less, and the units of each. */
function Layers({ label, parameter, value, onValue }: { label: string; parameter: Parameter; value: number[]; onValue: (value: number[]) => void }) {
  const { lab: says } = words.value;
  const [least, most] = parameter.items ?? [0, 8];
  const [low, high] = [Number(parameter.range[0] ?? 1), Number(parameter.range[1] ?? 64)];
  return (
    <fieldset class="choices">
      <legend>{label}</legend>
      <div class="row">
        <button type="button" class="button" disabled={value.length >= most} onClick={() => onValue([...value, value.at(-1) ?? 8])}>
          {says.addLayer}
        </button>
        <button type="button" class="quiet" disabled={value.length <= least} onClick={() => onValue(value.slice(0, -1))}>
          {says.removeLayer}
        </button>
      </div>
      {value.map((units, place) => (
        <Slider
          key={place}
          label={says.layer(place + 1)}
          range={[low, Math.min(high, 64)]}
          step={1}
          value={units}
          shown={number(units)}
          onValue={(next) => onValue(value.map((each, at) => (at === place ? next : each)))}
        />
      ))}
    </fieldset>
  );
}

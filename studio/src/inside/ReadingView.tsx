// The text token by token: surprise above, the units of a state or a gate below.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Field, Slider } from "../parts/Field";
import { HeatMap } from "../parts/HeatMap";
import { number, percent, words } from "../words";
import type { Reading } from "./answers";
import { ORDERS, ordered, transposed, unpacked, type Order } from "./matrix";
import { part, show, text, token, told, useAnswer, bundle } from "./state";
import { Told } from "./Told";
import { Tokens } from "./Tokens";
import { visible } from "./words";

export const SURPRISING_BITS = 10;
const UNITS = { least: 8, usual: 32, step: 8 };
const SLOWLY_MS = 220; // a token

export function ReadingView() {
  const { inside } = words.value;
  const body = bundle.value && text.value.trim() ? { bundle: bundle.value.name, text: text.value, ...told() } : null;
  const answer = useAnswer<Reading>("read", body);
  const reading = answer.value;
  return (
    <section class="stack">
      <Told answer={answer} />
      {reading && <Surprise reading={reading} />}
      {reading && <Units reading={reading} />}
      <p class="help">{inside.pickUnit}</p>
    </section>
  );
}

export function bitsOf(reading: Reading): number[] {
  return reading.log_probabilities.map((nats) => -nats / Math.LN2);
}

function Surprise({ reading }: { reading: Reading }) {
  const { inside } = words.value;
  const bits = bitsOf(reading);
  const at = token.value;
  const guesses = at === null ? [] : (reading.expected[at] ?? []);
  return (
    <div class="stack">
      <Tokens
        label={inside.tokens}
        texts={reading.tokens.map((piece) => piece.text)}
        shades={bits.map((value) => value / SURPRISING_BITS)}
        chosen={at === null ? null : [at, at + 1]}
        onChoose={(chosen) => (token.value = chosen)}
        describe={(each) => inside.surpriseOf(visible(reading.tokens[each]?.text ?? ""), number(bits[each] ?? 0, 1))}
      />
      <p class="faint" aria-live="polite">
        {inside.bits(number(reading.bits_per_character, 3))}
        {at !== null && (
          <>
            {" · "}
            {inside.surpriseOf(visible(reading.tokens[at]?.text ?? ""), number(bits[at] ?? 0, 1))}
            {" · "}
            {inside.expected(guesses.map((guess) => `${visible(guess.text)} ${percent(Math.exp(guess.log_probability))}`).join(", "))}
          </>
        )}
      </p>
    </div>
  );
}

function Units({ reading }: { reading: Reading }) {
  const { inside } = words.value;
  const order = useSignal<Order>("lively");
  const slowly = useSignal(false);
  const most = useSignal(UNITS.usual);
  const chosen = reading.parts.find((each) => each.name === part.value) ?? reading.parts[0];
  const units = useMemo(() => (chosen ? transposed(unpacked(chosen.matrix)) : []), [chosen]);
  const last = reading.tokens.length - 1;
  useEffect(() => void (slowly.value = false), [reading]);
  useEffect(() => {
    if (!slowly.value) return undefined;
    const clock = setTimeout(() => {
      if ((token.value ?? 0) >= last) slowly.value = false;
      else token.value = (token.value ?? -1) + 1;
    }, SLOWLY_MS);
    return () => clearTimeout(clock);
  }, [slowly.value, token.value]);
  if (!chosen) return null;
  // what has not been read yet is paper
  const read = slowly.value ? units.map((row) => row.map((value, column) => (column <= (token.value ?? -1) ? value : 0))) : units;
  const shown = ordered(units, order.value, most.value, token.value ?? 0);
  const name = nameOf(chosen);
  const letters = reading.tokens.map((piece) => visible(piece.text));
  return (
    <div class="panel stack">
      <div class="inside-controls">
        <PartField reading={reading} />
        <Field label={inside.sort}>
          {(ids) => (
            <select {...ids} value={order.value} onChange={(event) => (order.value = ORDERS[event.currentTarget.selectedIndex] ?? "lively")}>
              {ORDERS.map((each) => (
                <option key={each} value={each}>
                  {inside.sorts[each]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Slider
          label={inside.shown}
          range={[UNITS.least, units.length]}
          step={UNITS.step}
          value={Math.min(most.value, units.length)}
          shown={inside.shownOf(shown.length, units.length)}
          onValue={(value) => (most.value = value)}
        />
      </div>
      <div>
        <button
          type="button"
          class="button"
          aria-pressed={slowly.value}
          onClick={() => {
            if (!slowly.value) token.value = 0;
            slowly.value = !slowly.value;
          }}
        >
          {slowly.value ? inside.pause : inside.slowly}
        </button>
      </div>
      <HeatMap
        label={inside.heat(name)}
        values={read}
        order={shown}
        columns={letters}
        rows={units.map((_, unit) => `${unit}`)}
        diverging={!isShare(chosen.kind)}
        range={isShare(chosen.kind) ? [0, 1] : rangeOf(units)}
        cell={{ width: widthOf(letters), height: 14 }}
        marked={token.value === null ? {} : { column: token.value }}
        onPick={(row, column) => {
          token.value = column;
          show({ view: "unit", part: chosen.name, unit: row });
        }}
      />
    </div>
  );
}

/** The same on both sides of nought, whatever has been read so far. */
function rangeOf(units: readonly (readonly number[])[]): [number, number] {
  const most = units.reduce((largest, row) => Math.max(largest, ...row.map(Math.abs)), 0);
  return [-most, most];
}

/** Which state or gate is looked at. */
export function PartField({ reading }: { reading: Pick<Reading, "parts"> }) {
  const { inside } = words.value;
  return (
    <Field label={inside.part}>
      {(ids) => (
        <select {...ids} value={part.value} onChange={(event) => show({ part: reading.parts[event.currentTarget.selectedIndex]?.name ?? "" })}>
          {reading.parts.map((each) => (
            <option key={each.name} value={each.name}>
              {nameOf(each)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function nameOf({ layer, kind }: { layer: number; kind: string }): string {
  const { inside } = words.value;
  return inside.parts(layer, inside.kinds[kind] ?? kind);
}

/** Gates that let a share through, from 0 to 1; the rest has two signs. */
function isShare(kind: string): boolean {
  return ["input", "forget", "output", "reset", "update"].includes(kind);
}

/** Wide enough for the longest token, within reason: letters stand close, words apart. */
export function widthOf(texts: readonly string[]): number {
  return Math.max(14, Math.min(72, 6 + 8 * Math.max(1, ...texts.map((each) => each.length))));
}

// The same text through several networks, side by side.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { bundleOf, bundles } from "../api/facts";
import { HeatMap } from "../parts/HeatMap";
import { number, words } from "../words";
import type { LookBack, Side } from "./answers";
import { ordered, transposed, unpacked } from "./matrix";
import { bitsOf, SURPRISING_BITS, widthOf } from "./ReadingView";
import { bundle, others, show, text, told, useAnswer } from "./state";
import { Told } from "./Told";
import { Tokens } from "./Tokens";
import { charactersOf, overlapping, visible, wordAround } from "./words";

const STRIP = 12;
const MOST = 8;
const POINT_MS = 80; // a pointer on its way asks nothing

/** Characters of the text that are looked at, [start, end). */
type Characters = readonly [number, number] | null;

export function CompareView() {
  const { inside } = words.value;
  const able = (bundles.value ?? []).filter((each) => each.can.look_inside && each.task === bundle.value?.task);
  const first = bundle.value?.name ?? "";
  const names = [first, ...others.value.filter((name) => name !== first && able.some((each) => each.name === name))];
  const body = bundle.value && text.value.trim() ? { bundles: names, text: text.value, ...told() } : null;
  const answer = useAnswer<{ sides: Side[] }>("compare", body);
  const pointed = useSignal<Characters>(null);
  const looked = useSignal<Characters>(null);
  useEffect(() => {
    const clock = setTimeout(() => (looked.value = pointed.value), POINT_MS);
    return () => clearTimeout(clock);
  }, [pointed.value]);
  const choose = (name: string, on: boolean): void =>
    show({ beside: [...names.filter((each) => each !== first && each !== name), ...(on ? [name] : [])].slice(0, MOST - 1).join(",") });
  return (
    <section class="stack">
      <fieldset class="row inside-choice">
        <legend>{inside.networks}</legend>
        {able.map((each) => (
          <label key={each.name}>
            <input
              type="checkbox"
              checked={names.includes(each.name)}
              disabled={each.name === first}
              onChange={(event) => choose(each.name, event.currentTarget.checked)}
            />{" "}
            {each.name}
          </label>
        ))}
      </fieldset>
      <Told answer={answer} />
      <div class="inside-sides">
        {answer.value?.sides.map((side) => (
          <SideOf key={side.bundle} side={side} looked={looked.value} onPoint={(at) => (pointed.value = at)} />
        ))}
      </div>
      {able.length < 2 && <p class="help">{inside.alone}</p>}
    </section>
  );
}

function SideOf({ side, looked, onPoint }: { side: Side; looked: Characters; onPoint: (at: Characters) => void }) {
  const { inside } = words.value;
  const range = looked && overlapping(side.tokens, looked[0], looked[1]);
  const asked = range && { bundle: side.bundle, text: text.value, ...told(), first: range[0], end: range[1] };
  const { value: back } = useAnswer<LookBack>("look-back", asked);
  const facts = bundleOf(side.bundle);
  const bits = bitsOf(side);
  const most = back ? Math.max(1e-12, ...back.norms) : 1;
  const isBack = range !== null && back !== null && back.tokens.length === bits.length;
  const strip = useMemo(() => (side.parts[0] ? transposed(unpacked(side.parts[0].matrix)) : []), [side]);
  const order = useMemo(() => ordered(strip, "lively", STRIP, 0), [strip]);
  const letters = side.tokens.map((piece) => visible(piece.text));
  const point = (token: number | null): void => {
    if (token === null) return onPoint(null);
    onPoint(charactersOf(side.tokens, ...wordAround(side.tokens, token)));
  };
  return (
    <article class="panel stack">
      <h2>
        {side.bundle} <span class="faint">{facts && inside.network(strip.length, facts.cell, inside.attentions[facts.attention] ?? facts.attention)}</span>
      </h2>
      <p>{inside.bits(number(side.bits_per_character, 3))}</p>
      <Tokens
        label={`${inside.tokens}: ${side.bundle}`}
        texts={side.tokens.map((piece) => piece.text)}
        shades={isBack ? back.norms.map((norm) => norm / most) : bits.map((value) => value / SURPRISING_BITS)}
        chosen={isBack ? range : null}
        onChoose={point}
        onPoint={point}
        describe={(each) => inside.surpriseOf(visible(side.tokens[each]?.text ?? ""), number(bits[each] ?? 0, 1))}
      />
      <p class="faint inside-half">{isBack ? inside.half(back.half_within) : ""}</p>
      <HeatMap
        label={inside.strip(Math.min(STRIP, strip.length))}
        values={strip}
        order={order}
        rows={strip.map((_, unit) => `${unit}`)}
        columns={letters}
        diverging
        cell={{ width: widthOf(letters), height: 8 }}
      />
    </article>
  );
}

// The plan: phrases as chips that are edited in place, moved, locked, drawn again.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { ask } from "../api/client";
import { tell, tellError } from "../shell/notice";
import { words } from "../words";
import type { Chip } from "./document";
import { movedItem, phrasesOf, withLocked } from "./plan";
import { sheet } from "./sheet";
import { bundle, change, joined, story } from "./store";
import "./chips.css";

const DRAWN = 5;

export function PlanRow() {
  const { plan: says } = words.value;
  const chips = story.value.plan;
  const adding = useSignal("");
  const dragged = useSignal<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const strangers = chips.filter((chip) => chip.drawn && !chip.locked && chip.drawn !== story.value.bundle);
  if (!bundle.value?.can.plan) return null;

  const set = (plan: Chip[]): void => change({ plan });
  const put = (place: number, values: Partial<Chip>): void => set(chips.map((chip, at) => (at === place ? { ...chip, ...values } : chip)));
  const remove = (place: number): void => {
    set(chips.filter((_, at) => at !== place));
    list.current?.querySelectorAll<HTMLInputElement>("input")[Math.max(0, place - 1)]?.focus();
  };
  const move = (from: number, to: number): void => {
    if (to < 0 || to >= chips.length) return;
    set(movedItem(chips, from, to));
    tell(says.moved(chips[from]?.text ?? "", to + 1));
    requestAnimationFrame(() => list.current?.querySelectorAll<HTMLInputElement>(".chip input")[to]?.focus());
  };
  const add = (): void => {
    set([...chips, ...phrasesOf(adding.value).map((text) => ({ text, locked: false }))]);
    adding.value = "";
  };
  return (
    <section class="plan" aria-label={says.label}>
      <ol ref={list} class="chips" title={says.hint}>
        {chips.map((chip, place) => (
          <li
            key={place}
            class={["chip", chip.locked && "locked", strangers.includes(chip) && "strange"].filter(Boolean).join(" ")}
            draggable
            onDragStart={() => (dragged.value = place)}
            onDragEnd={() => (dragged.value = null)}
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => {
              event.preventDefault();
              if (dragged.value !== null) move(dragged.value, place);
            }}
          >
            <input
              aria-label={says.phrase(place + 1, chip.text)}
              value={chip.text}
              size={Math.max(3, chip.text.length)}
              onInput={(event) => put(place, { text: event.currentTarget.value, drawn: null })}
              onBlur={(event) => event.currentTarget.value.trim() === "" && remove(place)}
              onKeyDown={(event) => {
                if (event.altKey && event.key === "ArrowLeft") (event.preventDefault(), move(place, place - 1));
                else if (event.altKey && event.key === "ArrowRight") (event.preventDefault(), move(place, place + 1));
                else if (event.key === "Backspace" && chip.text === "") (event.preventDefault(), remove(place));
              }}
            />
            <button type="button" class="small" aria-pressed={chip.locked} aria-label={`${chip.locked ? says.unlock : says.lock}: ${chip.text}`} onClick={() => put(place, { locked: !chip.locked })}>
              {chip.locked ? "◆" : "◇"}
            </button>
            <button type="button" class="small" aria-label={says.remove(chip.text)} onClick={() => remove(place)}>
              ×
            </button>
          </li>
        ))}
        {joined.value.map((entry) => (
          <li key={`of ${entry.name}`} class="chip joined" title={says.joined(entry.name)}>
            <span>{entry.phrase}</span>
            <span class="hidden">{says.joined(entry.name)}</span>
          </li>
        ))}
        <li class="chip adding">
          <input
            aria-label={says.add}
            placeholder={says.add}
            value={adding.value}
            size={Math.max(14, adding.value.length)}
            onInput={(event) => (adding.value = event.currentTarget.value)}
            onKeyDown={(event) => (event.key === "Enter" || event.key === ",") && (event.preventDefault(), add())}
            onBlur={add}
          />
        </li>
        <li>
          <button type="button" class="quiet" onClick={() => void draw().catch(tellError)}>
            {chips.length > 0 ? says.again : says.draw}
          </button>
        </li>
      </ol>
      {strangers.length > 0 && <p class="help">{says.strange([...new Set(strangers.map((chip) => chip.drawn))].join(", "))}</p>}
    </section>
  );
}

/** The bundle's own kind of plan, in which locked phrases stay where they are. */
async function draw(): Promise<void> {
  const asked = sheet.peek();
  const { plan: chips, bundle } = story.peek();
  const keep = chips.flatMap((chip, position) => (chip.locked ? [{ position, text: chip.text }] : []));
  const body = { bundle, count: Math.max(chips.length, DRAWN), seed: null, keep };
  const { plan } = await ask<{ plan: string[] }>("POST", "/api/plan", { body });
  if (sheet.peek() !== asked) return; // another story is open by now
  change({ plan: withLocked(story.peek().plan, plan).map((chip) => (chip.locked ? chip : { ...chip, drawn: bundle })) });
}

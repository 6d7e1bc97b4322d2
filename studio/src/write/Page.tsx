// The page: a plain text field, so that typing, selecting and reading aloud are the browser's own; what it looks like is
// drawn by the same text behind it.
import { useComputed } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../words";
import type { Span } from "./spans";
import { tokensBetween } from "./tokens";
import { bundle, caretWanted, now, preview, story, text, typed } from "./store";
import { lens, lookAt } from "./lens";
import { overlaps, surprise, view } from "./views";
import { redo, undo } from "./actions";
import { interrupt, writing } from "./telling";
import "./page.css";

export function Page() {
  const field = useRef<HTMLTextAreaElement>(null);
  const { write } = words.value;
  useLayoutEffect(() => {
    const place = caretWanted.value;
    if (field.current && place && document.activeElement === field.current) field.current.setSelectionRange(place.at, place.at);
  }, [caretWanted.value]);
  useLayoutEffect(() => showTheEnd(field.current), []);
  useEffect(() => {
    const end = field.current?.parentElement?.querySelector(".end");
    if (writing.peek().length > 0 || preview.value) end?.scrollIntoView({ block: "nearest" });
  }, [text.value, preview.value]);
  return (
    <div class={`page ${view.value}`} lang={bundle.value?.language ?? undefined}>
      <div class="backdrop" aria-hidden="true">
        <Drawn />
      </div>
      <textarea
        ref={field}
        class="text"
        aria-label={write.pageLabel}
        placeholder={write.placeholder}
        spellcheck={false}
        value={text.value}
        onCompositionEnd={(event) => typed(event.currentTarget.value)}
        onInput={(event) => {
          interrupt(); // whoever types has the floor
          typed(event.currentTarget.value);
        }}
        onBeforeInput={(event) => {
          // The browser's own undo, of its menu, would undo in a text that is no longer this one.
          if (event.inputType === "historyUndo") (event.preventDefault(), undo());
          else if (event.inputType === "historyRedo") (event.preventDefault(), redo());
        }}
        onClick={(event) => {
          const { selectionStart, selectionEnd } = event.currentTarget;
          if (selectionStart === selectionEnd) lookAt(selectionStart);
        }}
      />
    </div>
  );
}

/** A story that is opened is gone on with where it ends. */
function showTheEnd(field: HTMLTextAreaElement | null): void {
  field?.setSelectionRange(field.value.length, field.value.length);
  field?.parentElement?.querySelector(".end")?.scrollIntoView({ block: "nearest" });
}

/** Where the caret of the page is; null where the page has none. */
export function caret(): number | null {
  const field = document.querySelector<HTMLTextAreaElement>("textarea.text");
  return field && document.activeElement === field ? field.selectionStart : null;
}

function Drawn() {
  const pieces = useComputed(() => piecesOf());
  const ghost = preview.value;
  const all = text.value;
  const shown = ghost ? pieces.value.filter((piece) => piece.start < ghost.at) : pieces.value;
  return (
    <>
      {shown.map(({ start, end, look }) => (
        <span key={start} class={look}>
          {all.slice(start, ghost ? Math.min(end, ghost.at) : end)}
        </span>
      ))}
      {ghost && <span class="ghost">{ghost.text}</span>}
      {/* The empty last line has a height too. */}
      <span class="end">{"\u200b"}</span>
    </>
  );
}

interface Piece {
  start: number;
  end: number;
  look: string;
}

/** The text in pieces of one look each. */
function piecesOf(): Piece[] {
  const { spans, text: all } = now.value;
  const looked = lens.value?.inside === all ? lens.value : null;
  const runs = overlaps.value;
  const base = view.value === "surprise" ? surprises(spans) : spans.map((span) => ({ ...span, look: `from-${span.origin}` }));
  const bounds = new Set<number>([0, all.length]);
  for (const { start, end } of [...base, ...runs, ...(looked ? [looked] : [])]) bounds.add(start).add(end);
  const places = [...bounds].filter((place) => place <= all.length).sort((one, other) => one - other);
  const pieces: Piece[] = [];
  let nextBase = 0;
  let nextRun = 0;
  for (let place = 0; place + 1 < places.length; place++) {
    const [start, end] = [places[place] ?? 0, places[place + 1] ?? 0];
    while ((base[nextBase]?.end ?? Infinity) <= start) nextBase++;
    while ((runs[nextRun]?.end ?? Infinity) <= start) nextRun++;
    const look = [
      (base[nextBase]?.start ?? Infinity) <= start ? base[nextBase]?.look : "",
      (runs[nextRun]?.start ?? Infinity) <= start ? "copied" : "",
      looked && looked.start <= start && end <= looked.end ? "looked" : "",
    ];
    pieces.push({ start, end, look: look.filter(Boolean).join(" ") });
  }
  return pieces;
}

const SHADES = 10;

/** Each token by how unlikely it was, in bits: from s0 to s9. */
function surprises(spans: readonly Span[]): Piece[] {
  const { tree } = story.value;
  const scored = surprise.value;
  if (scored?.text === text.value) return scored.tokens.map((token) => shaded(token, token.log_probability));
  // While it is being scored: what the model wrote is known.
  return tokensBetween(tree, spans, 0, text.value.length).map((token) => shaded(token, tree.nodes[token.node]?.tokens?.[token.index]?.[2] ?? 0));
}

function shaded({ start, end }: { start: number; end: number }, log_probability: number): Piece {
  const bits = -log_probability / Math.LN2;
  return { start, end, look: `s${Math.max(0, Math.min(SHADES - 1, Math.round(bits)))}` };
}

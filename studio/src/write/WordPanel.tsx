// The word that is looked at: its probability, and bars of what else could stand there.
import { useEffect, useRef } from "preact/hooks";
import { calmly } from "../shell/motion";
import { percent, words } from "../words";
import type { Alternative } from "../api/types";
import { takeToken } from "./actions";
import { lens, looking, lookAhead, placeOf, seen } from "./lens";
import { story, text } from "./store";
import "./word.css";

export function WordPanel() {
  const { lens: says } = words.value;
  const looked = lens.value;
  const panel = useRef<HTMLDivElement>(null);
  const asked = looking.value;
  useEffect(() => {
    if (lens.peek() && panel.current) bringIntoView(panel.current);
  }, [asked]);
  if (!looked) {
    return (
      <div ref={panel} class="stack">
        <p class="help">{says.pick}</p>
        <button type="button" class="button" onClick={lookAhead}>
          {says.next}
        </button>
      </div>
    );
  }
  const ahead = looked.start === looked.end;
  const stands = looked.inside === text.value; // while the model writes another word there, it does not
  return (
    <div ref={panel} class="stack">
      <div class="row">
        <strong class="looked-word">{ahead ? says.next : stands ? spelledOut(text.value.slice(looked.start, looked.end)) : "…"}</strong>
        {!ahead && (
          <button type="button" class="quiet" onClick={lookAhead}>
            {says.next}
          </button>
        )}
      </div>
      {!ahead && stands && <Chance />}
      {looked.tokens.length > 1 && stands && (
        <div class="row parts" role="group" aria-label={says.parts}>
          {looked.tokens.map(({ start, end }, index) => (
            <button key={start} type="button" class="quiet" aria-pressed={index === looked.chosen} onClick={() => (lens.value = { ...looked, chosen: index })}>
              {spelledOut(text.value.slice(start, end))}
            </button>
          ))}
        </div>
      )}
      <Bars />
    </div>
  );
}

/** The panel's section is opened, and the side scrolled back to it: that it changed is to be seen. */
function bringIntoView(panel: HTMLElement): void {
  panel.closest("details")?.setAttribute("open", "");
  panel.closest(".side")?.scrollTo({ top: 0, behavior: calmly() });
}

function Chance() {
  const { lens: says } = words.value;
  const looked = lens.value;
  const placed = looked?.tokens[looked.chosen];
  if (!placed) return <p class="help">{says.typedBy}</p>;
  const row = story.value.tree.nodes[placed.node]?.tokens?.[placed.index];
  if (!row) return null;
  return (
    <p>
      {says.probability(percent(Math.exp(row[2])))} {says.filtered(percent(Math.exp(row[3])))}
    </p>
  );
}

function Bars() {
  const { lens: says } = words.value;
  const looked = lens.value;
  const known = seen.value;
  const at = looked && (looked.start === looked.end ? text.value.length : placeOf(looked));
  if (!looked || !known || known.at !== at) return <p class="help">…</p>;
  const { found, anchor } = known;
  const after = new Map(found.after.map((each) => [each.token, each.log_probability]));
  const rows = merged(found.before, found.after);
  const largest = Math.max(...rows.map((each) => Math.exp(Math.max(each.log_probability, after.get(each.token) ?? -Infinity))));
  return (
    <>
      <p class="help legend">
        <span class="swatch before" /> {says.before} <span class="swatch after" /> {says.after}
      </p>
      <ol class="bars">
        {rows.map((each) => {
          const [before, behind] = [Math.exp(each.log_probability), Math.exp(after.get(each.token) ?? -Infinity)];
          const word = spelledOut(each.text) || says.end;
          return (
            <li key={each.token}>
              <button
                type="button"
                class={behind > 0 ? "bar" : "bar out"}
                title={says.choose(word)}
                aria-current={each.token === found.token ? "true" : undefined}
                onClick={() => void takeToken(known.at, anchor, each.token)}
              >
                <span class="bar-word">{word}</span>
                <span class="bar-space">
                  <span class="bar-before" style={{ width: `${(100 * before) / largest}%` }} />
                  <span class="bar-after" style={{ width: `${(100 * behind) / largest}%` }} />
                </span>
                <span class="value" aria-hidden="true">
                  {percent(behind > 0 ? behind : before)}
                </span>
                <span class="hidden">
                  {percent(before)} {says.before}, {percent(behind)} {says.after}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </>
  );
}

/** The likeliest before the filters, and what the filters made likely besides. */
function merged(before: readonly Alternative[], after: readonly Alternative[]): Alternative[] {
  const there = new Set(before.map((each) => each.token));
  return [...before, ...after.filter((each) => !there.has(each.token)).map((each) => ({ ...each, log_probability: -Infinity }))].slice(0, 14);
}

/** A token as it can be seen: blanks and new lines have signs. */
export function spelledOut(token: string): string {
  const { lens: says } = words.value;
  if (/^ +$/.test(token)) return says.blank;
  if (/^\s*\n\s*$/.test(token)) return says.line;
  return token.replaceAll("\n", "⏎").trim();
}

// The room "Look inside": what is read, and the views of it.
import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../api/client";
import { bundles, refreshBundles } from "../api/facts";
import { Field } from "../parts/Field";
import { tellError } from "../shell/notice";
import { go } from "../shell/router";
import { words } from "../words";
import { AttentionView } from "./AttentionView";
import { CompareView } from "./CompareView";
import "./inside.css";
import { LookBackView } from "./LookBackView";
import { NearestView } from "./NearestView";
import { ReadingView } from "./ReadingView";
import { SearchView } from "./SearchView";
import { StagesView } from "./StagesView";
import { bundle, plan, planFor, show, source, text, view, VIEWS, type View } from "./state";
import { UnitView } from "./UnitView";

export function InsideRoom() {
  const { inside, shell } = words.value;
  useEffect(() => {
    if (bundles.peek()) refreshBundles().catch(tellError); // a network may have learnt on meanwhile
  }, []);
  if (bundles.value === null) return <p>{shell.loading}</p>;
  if (!bundle.value)
    return (
      <div class="stack">
        <p>{shell.noBundles}</p>
        <div>
          <button type="button" class="button main" onClick={() => go("train")}>
            {shell.trainOne}
          </button>
        </div>
      </div>
    );
  return (
    <div class="stack inside">
      <h1 class="hidden">{shell.rooms.inside}</h1>
      <Reader />
      <Views>
        <p class="help inside-about">{inside.about[view.value]}</p>
        <ViewOf view={view.value} />
      </Views>
    </div>
  );
}

/** What is read: a network, a text, and what the encoder is told. */
function Reader() {
  const { inside, shell } = words.value;
  const draft = useSignal(text.value);
  const draftPlan = useSignal(plan.value);
  const draftSource = useSignal(source.value);
  useEffect(() => {
    draft.value = text.value;
    draftPlan.value = plan.value;
    draftSource.value = source.value;
  }, [text.value, plan.value, source.value]);
  const writes = bundle.value?.task === "write";
  const read = async (event?: Event): Promise<void> => {
    event?.preventDefault();
    if (writes) return show({ text: draft.value, plan: draftPlan.value });
    try {
      show({ text: draft.value.trim() || (await ownTarget(draftSource.value)), source: draftSource.value });
    } catch (error) {
      tellError(error);
    }
  };
  const type = (typed: string): void => {
    draft.value = typed;
    if (writes) draftPlan.value = planFor(typed, draftPlan.value);
  };
  const enter = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.shiftKey) void read(event);
  };
  return (
    <form class="panel inside-reader" onSubmit={read}>
      <Field label={shell.model}>
        {(ids) => (
          <select {...ids} value={bundle.value?.name} onChange={(event) => show({ bundle: event.currentTarget.value })}>
            {bundles.value
              ?.filter((each) => each.can.look_inside)
              .map((each) => (
                <option key={each.name} value={each.name}>
                  {each.name}
                </option>
              ))}
          </select>
        )}
      </Field>
      {writes
        ? bundle.value?.can.plan && (
            <Field label={inside.plan} help={inside.planHelp}>
              {(ids) => <input {...ids} value={draftPlan.value} maxLength={1000} onInput={(event) => (draftPlan.value = event.currentTarget.value)} />}
            </Field>
          )
        : (
            <Field label={inside.source} help={inside.sourceHelp}>
              {(ids) => <input {...ids} value={draftSource.value} maxLength={1000} onInput={(event) => (draftSource.value = event.currentTarget.value)} />}
            </Field>
          )}
      <Field label={inside.text} help={writes ? inside.textHelp : inside.ownHelp}>
        {(ids) => (
          <textarea {...ids} rows={2} maxLength={1000} value={draft.value} onInput={(event) => type(event.currentTarget.value)} onKeyDown={enter} />
        )}
      </Field>
      <button type="submit" class="button main">
        {inside.read}
      </button>
    </form>
  );
}

/** What the network itself makes of a source. */
async function ownTarget(source: string): Promise<string> {
  const { name, task } = bundle.value ?? {};
  if (!source.trim()) return "";
  const { results } = await ask<{ results: { text: string }[][] }>("POST", `/api/${task}`, { body: { bundle: name, text: source } });
  return results[0]?.[0]?.text ?? "";
}

/** The views as tabs: arrows go from one to the next. */
function Views({ children }: { children: ComponentChildren }) {
  const { inside } = words.value;
  const keys = (event: KeyboardEvent): void => {
    const at = VIEWS.indexOf(view.value);
    const target = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: VIEWS.length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const next = VIEWS[(target + VIEWS.length) % VIEWS.length] ?? "reading";
    show({ view: next });
    document.getElementById(`inside-tab-${next}`)?.focus();
  };
  return (
    <>
      <div class="row inside-views" role="tablist" aria-label={inside.views} onKeyDown={keys}>
        {VIEWS.map((each) => (
          <button
            key={each}
            id={`inside-tab-${each}`}
            type="button"
            role="tab"
            class="quiet"
            aria-selected={each === view.value}
            aria-controls="inside-view"
            tabIndex={each === view.value ? 0 : -1}
            onClick={() => show({ view: each })}
          >
            {inside.viewNames[each]}
          </button>
        ))}
      </div>
      <div id="inside-view" class="stack" role="tabpanel" aria-labelledby={`inside-tab-${view.value}`}>
        {children}
      </div>
    </>
  );
}

function ViewOf({ view }: { view: View }) {
  switch (view) {
    case "reading":
      return <ReadingView />;
    case "back":
      return <LookBackView />;
    case "compare":
      return <CompareView />;
    case "attention":
      return <AttentionView />;
    case "search":
      return <SearchView />;
    case "unit":
      return <UnitView />;
    case "nearest":
      return <NearestView />;
    case "stages":
      return <StagesView />;
  }
}

// The first room: a page to write on, with a model that goes on.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { bundles, bundleOf } from "../api/facts";
import { connected } from "../api/client";
import { useShortcuts } from "../shell/keyboard";
import { place } from "../shell/router";
import { words } from "../words";
import { both, cards, closeCards, FROM_HERE, goOn, redo, retry, undo, ways } from "./actions";
import { Cards } from "./Cards";
import { followLens, lens, lookAhead, lookAt } from "./lens";
import { caret, Page } from "./Page";
import { PlanRow } from "./PlanRow";
import { isOpen, openAt } from "./opening";
import { ModelPanel, SettingsPanel } from "./SettingsPanel";
import { Export, Shelf } from "./Shelf";
import { Status } from "./Status";
import { change, current, story, text } from "./store";
import { stop, writing } from "./telling";
import { Versions } from "./Versions";
import { followOverlap, followSurprise, overlapShown, view, VIEWS, type View } from "./views";
import { NotebookPanel, WishesPanel } from "./WishesPanel";
import { WordPanel } from "./WordPanel";
import "./write.css";
import "./toolbar.css";
import "./panels.css";

const WAYS = 4;

/** Of the desk, where there is little room: a drawer. */
type Side = "left" | "right";

export function WriteRoom() {
  const { shell, write } = words.value;
  useEffect(followLens, []);
  useEffect(followOverlap, []);
  useEffect(followSurprise, []);
  useStory();
  const drawer = useSignal<Side | null>(null);
  useKeys(drawer);
  if (bundles.value === null) return <p class="help">{shell.loading}</p>;
  if (!bundles.value.some((bundle) => bundle.task === "write")) {
    return (
      <div class="empty">
        <p>{shell.noBundles}</p>
        <a class="button main" href="#/train">
          {shell.trainOne}
        </a>
      </div>
    );
  }
  const { panels } = write;
  return (
    <>
      <aside class={drawer.value === "left" ? "side left open" : "side left"}>
        <Panel name={panels.versions} open>
          <Versions />
        </Panel>
        <Panel name={panels.stories}>
          <Shelf />
        </Panel>
      </aside>
      <div class="desk">
        <h1 class="hidden">{shell.rooms.write}</h1>
        <input
          class="title"
          aria-label={write.titleLabel}
          placeholder={write.titled}
          value={story.value.title}
          onInput={(event) => change({ title: event.currentTarget.value })}
        />
        <PlanRow />
        {isOpen.value ? <Page /> : <p class="help">{shell.loading}</p>}
        <Cards />
        <Bar drawer={drawer.value} onDrawer={(side) => (drawer.value = drawer.value === side ? null : side)} />
      </div>
      <aside class={drawer.value === "right" ? "side right open" : "side right"}>
        <Panel name={panels.word} open>
          <WordPanel />
        </Panel>
        <Panel name={panels.settings}>
          <SettingsPanel />
        </Panel>
        <Panel name={panels.wishes}>
          <WishesPanel />
        </Panel>
        <Panel name={panels.notebook}>
          <NotebookPanel />
        </Panel>
        <Panel name={panels.model}>
          <ModelPanel />
        </Panel>
      </aside>
    </>
  );
}

function Panel({ name, open, children }: { name: string; open?: boolean; children: preact.ComponentChildren }) {
  return (
    <details class="side-panel" open={open}>
      <summary>{name}</summary>
      {children}
    </details>
  );
}

/** Follows the address; while the server is away, what could not be opened waits for it. */
function useStory(): void {
  const where = place.value;
  const there = connected.value;
  const known = bundles.value !== null;
  useEffect(() => {
    if (known) void openAt(where);
  }, [where, there, known]);
}

/** Elsewhere than on the page, Ctrl+Z is the field's own. */
const ON_PAGE = "textarea.text";

function useKeys(drawer: Signal<Side | null>): void {
  const { write, panels } = { ...words.value, panels: words.value.write.panels };
  const busy = (): boolean => writing.peek().length > 0;
  const leave = (): void => {
    if (busy()) void stop();
    else if (cards.peek()) closeCards();
    else if (drawer.peek()) drawer.value = null;
    else lens.value = null;
  };
  useShortcuts([
    { keys: "Mod+Enter", label: `${write.continue} / ${write.stop}`, run: () => (busy() ? void stop() : void goOn()), typing: true },
    { keys: FROM_HERE, label: write.fromHere, run: () => void goOn(caret() ?? undefined), typing: true },
    { keys: "Escape", label: write.stop, run: leave, typing: true },
    { keys: "Mod+Z", label: write.undo, run: undo, typing: ON_PAGE },
    { keys: "Mod+Shift+Z", label: write.redo, run: redo, typing: ON_PAGE },
    { keys: "Mod+Y", label: write.redo, run: redo, typing: ON_PAGE },
    { keys: "Alt+R", label: write.retry, run: () => void retry(), typing: true },
    { keys: "Alt+W", label: write.four, run: () => void ways(WAYS), typing: true },
    { keys: "Alt+B", label: write.both, run: () => void both(), typing: true },
    { keys: "Alt+L", label: panels.word, run: lookHere, typing: true },
  ]);
}

/** At the word where the caret is; at the end, at what may come. */
function lookHere(): void {
  const at = caret();
  if (at === null || at >= text.peek().length) lookAhead();
  else lookAt(at);
}

interface Drawers {
  drawer: Side | null;
  onDrawer: (side: Side) => void;
}

function Bar({ drawer, onDrawer }: Drawers) {
  const { write } = words.value;
  const busy = writing.value.length > 0;
  const { tree, second } = story.value;
  return (
    <div class="bar-foot">
      <div class="row" role="toolbar" aria-label={write.pageLabel}>
        {busy ? (
          <button type="button" class="button main" data-busy="true" onClick={() => void stop()}>
            {write.stop}
          </button>
        ) : (
          <button type="button" class="button main" data-busy="false" onClick={() => void goOn()}>
            {write.continue}
          </button>
        )}
        <button type="button" class="button" onClick={() => void retry()} disabled={!current.value.made}>
          {write.retry}
        </button>
        <button type="button" class="button" onClick={() => void ways(WAYS)}>
          {write.four}
        </button>
        {bundleOf(second) && (
          <button type="button" class="button" onClick={() => void both()}>
            {write.both}
          </button>
        )}
        <button type="button" class="icon" aria-label={write.undo} title={write.undo} onClick={undo} disabled={current.value.parent === null}>
          ↶
        </button>
        <button type="button" class="icon" aria-label={write.redo} title={write.redo} onClick={redo} disabled={current.value.last === undefined && !hasChild(tree.current)}>
          ↷
        </button>
        <span class="row menus">
          <Look />
          <Export />
        </span>
        <span class="drawers">
          <button type="button" class="quiet" aria-pressed={drawer === "left"} onClick={() => onDrawer("left")}>
            {write.panels.versions}
          </button>
          <button type="button" class="quiet" aria-pressed={drawer === "right"} onClick={() => onDrawer("right")}>
            {write.panels.word}
          </button>
        </span>
      </div>
      <Status busy={busy} />
    </div>
  );
}

function hasChild(id: number): boolean {
  return Object.values(story.value.tree.nodes).some((node) => node.parent === id);
}

function Look() {
  const { write } = words.value;
  return (
    <details class="menu" name="menu">
      <summary class="quiet">{write.show}</summary>
      <div class="menu-list">
        {VIEWS.map((each) => (
          <label key={each}>
            <input type="radio" name="view" checked={view.value === each} onChange={() => (view.value = each as View)} /> {write.views[each]}
          </label>
        ))}
        <label>
          <input type="checkbox" checked={overlapShown.value} onChange={(event) => (overlapShown.value = event.currentTarget.checked)} /> {write.overlap}
        </label>
      </div>
    </details>
  );
}

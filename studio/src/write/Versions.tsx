// The tree of the story as a list that branches: seen, walked, named, made again.
import { useComputed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { tellError } from "../shell/notice";
import { words } from "../words";
import { again, closeCards, rename, useSettingsOf } from "./actions";
import { current, goTo, story } from "./store";
import { outline, pathTo, ROOT, siblingsOf, type Line, type StoryNode } from "./tree";
import "./versions.css";

export function Versions() {
  const { versions: says } = words.value;
  const lines = useComputed(() => outline(story.value.tree));
  const path = useComputed(() => new Set(pathTo(story.value.tree, story.value.tree.current).map((node) => node.id)));
  const list = useRef<HTMLUListElement>(null);
  const { tree } = story.value;
  useEffect(() => {
    const chosen = list.current?.querySelector<HTMLElement>("[aria-selected=true]");
    if (chosen && list.current) list.current.scrollTop = chosen.offsetTop - list.current.clientHeight / 2;
  }, [tree.current, lines.value.length]);
  return (
    <div class="stack tight">
      <ul
        ref={list}
        class="versions"
        role="tree"
        tabIndex={0}
        aria-label={says.label}
        aria-activedescendant={`version-${tree.current}`}
        onKeyDown={(event) => {
          const place = lines.value.findIndex((line) => line.id === tree.current);
          const next = { ArrowUp: place - 1, ArrowDown: place + 1, Home: 0, End: lines.value.length - 1 }[event.key];
          const line = next === undefined ? undefined : lines.value[next];
          if (!line) return;
          event.preventDefault();
          choose(line.id);
        }}
      >
        {lines.value.map((line) => (
          <Version key={line.id} line={line} onPath={path.value.has(line.id)} />
        ))}
      </ul>
      <Details node={current.value} />
    </div>
  );
}

function choose(id: number): void {
  closeCards();
  goTo(id);
}

function Version({ line, onPath }: { line: Line; onPath: boolean }) {
  const { tree } = story.value;
  const node = tree.nodes[line.id];
  if (!node) return null;
  return (
    <li
      id={`version-${node.id}`}
      role="treeitem"
      aria-selected={node.id === tree.current}
      aria-level={line.depth + 1}
      class={`version from-${node.origin} ${onPath ? "on-path" : ""}`}
      style={{ paddingInlineStart: `${0.5 + 0.75 * Math.min(line.depth, 8)}rem` }}
      onClick={() => choose(node.id)}
    >
      {node.name ? <strong>{node.name}</strong> : <span>{told(node)}</span>}
    </li>
  );
}

const SHOWN = 60;

function told({ id, text, removed }: StoryNode): string {
  const { versions: says } = words.value;
  if (id === ROOT) return says.begin;
  const words_ = text.replace(/\s+/g, " ").trim();
  return words_ ? words_.slice(0, SHOWN) : removed > 0 ? says.removed(removed) : "…";
}

function Details({ node }: { node: StoryNode }) {
  const { versions: says } = words.value;
  const { tree } = story.value;
  if (node.id === ROOT) return null;
  const siblings = siblingsOf(tree, node.id);
  const { made } = node;
  return (
    <div class="stack tight details">
      <p class="help">
        {siblings.length > 1 && `${says.branch(siblings.indexOf(node.id) + 1, siblings.length)} · `}
        {made ? says.made(made.bundle, made.seed) : says.kinds[node.origin]}
        {made?.token !== null && made !== undefined && ` · ${says.chosen}`}
      </p>
      <input aria-label={says.nameLabel} placeholder={says.name} value={node.name ?? ""} onChange={(event) => rename(node.id, event.currentTarget.value)} />
      {made && (
        <div class="row">
          <button type="button" class="quiet" onClick={() => void again(node.id).catch(tellError)}>
            {says.again}
          </button>
          <button type="button" class="quiet" onClick={() => useSettingsOf(node.id)}>
            {says.use}
          </button>
        </div>
      )}
    </div>
  );
}

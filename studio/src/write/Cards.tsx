// Ways to go on, side by side; the one that is pointed at is seen in the text itself.
import { words, percent } from "../words";
import { cards, closeCards, take } from "./actions";
import { preview, story } from "./store";
import type { StoryNode } from "./tree";
import "./cards.css";

export function Cards() {
  const shown = cards.value;
  if (!shown) return null;
  const { cards: says } = words.value;
  const nodes = shown.nodes.flatMap((id) => story.value.tree.nodes[id] ?? []);
  return (
    <section class="cards" aria-label={says.label}>
      <p class="help">{says.hint}</p>
      <ol class={shown.models ? "two" : "four"} onPointerLeave={() => (preview.value = null)}>
        {nodes.map((node, place) => (
          <li key={node.id}>
            <article
              class="card"
              aria-label={shown.models ? node.made?.bundle : says.card(place + 1)}
              onPointerEnter={() => show(node)}
              onFocusIn={() => show(node)}
              onFocusOut={() => (preview.value = null)}
            >
              <header class="faint">
                <span>{shown.models ? node.made?.bundle : says.card(place + 1)}</span>
                <span>{likeliness(node)}</span>
              </header>
              <p class="prose" tabIndex={0}>
                {node.text || "…"}
              </p>
              <button type="button" class="button" onClick={() => take(node.id)} disabled={node.text === ""}>
                {says.take}
              </button>
            </article>
          </li>
        ))}
      </ol>
      <button type="button" class="quiet" onClick={closeCards}>
        {says.close}
      </button>
    </section>
  );
}

function show({ at, text }: StoryNode): void {
  preview.value = { at, text };
}

/** The geometric mean of its tokens' probabilities: comparable between long and short. */
function likeliness({ tokens = [] }: StoryNode): string {
  if (tokens.length === 0) return "";
  const mean = tokens.reduce((sum, token) => sum + token[2], 0) / tokens.length;
  return words.value.cards.likely(percent(Math.exp(mean)));
}

// The stories that there are, and the ways out of here: export.
import { hashOf, go } from "../shell/router";
import { tellError } from "../shell/notice";
import { words } from "../words";
import { kept, story, text } from "./store";
import { remove, save, shelf } from "./saving";

export function Shelf() {
  const { write } = words.value;
  return (
    <nav class="stack tight" aria-label={write.stories}>
      <button type="button" class="button" onClick={() => go("write", [], { new: "1" })}>
        {write.newStory}
      </button>
      <ul class="shelf">
        {shelf.value.map(({ id, title, words: count }) => (
          <li key={id} class="row nowrap">
            <a href={hashOf({ room: "write", rest: [id], query: new URLSearchParams() })} aria-current={kept.value?.id === id ? "page" : undefined}>
              {title || write.untitledStory} <span class="faint">{write.words(count)}</span>
            </a>
            <button
              type="button"
              class="icon"
              aria-label={`${write.deleteStory}: ${title || write.untitledStory}`}
              onClick={() => {
                if (confirm(write.deleteAsk(title || write.untitledStory))) void remove(id).catch(tellError);
              }}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

const FORMATS = ["txt", "md", "epub", "json"] as const;

export function Export() {
  const { write } = words.value;
  if (text.value === "" && story.value.title === "") return null;
  return (
    <details class="menu">
      <summary class="quiet">{write.export}</summary>
      <ul class="menu-list">
        {FORMATS.map((format) => (
          <li key={format}>
            <a
              href={kept.value ? `/api/documents/${kept.value.id}/export?format=${format}` : undefined}
              download
              onClick={(event) => {
                event.currentTarget.closest("details")?.removeAttribute("open");
                event.preventDefault();
                void download(format).catch(tellError);
              }}
            >
              {format === "json" ? write.exportTree : `.${format}`}
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What is exported is what the server has: so it is saved first. */
async function download(format: string): Promise<void> {
  await save();
  const known = kept.peek();
  if (!known) return;
  const link = document.createElement("a");
  link.href = `/api/documents/${known.id}/export?format=${format}`;
  link.download = "";
  link.click();
}

// The stories that there are, and the ways out of here: export.
import { hashOf, go } from "../shell/router";
import { tell, tellError } from "../shell/notice";
import { words } from "../words";
import { forSaving } from "./document";
import { remove, removeBackup } from "./opening";
import { isSaved, onlyHere, save, shelf } from "./saving";
import { kept } from "./sheet";
import { standing } from "./spans";
import { beginningOf } from "./splice";
import { story, text } from "./store";

export function Shelf() {
  const { write } = words.value;
  return (
    <nav class="stack tight" aria-label={write.stories}>
      <button type="button" class="button" onClick={() => go("write", [], { new: "1" })}>
        {write.newStory}
      </button>
      <ul class="shelf">
        {onlyHere.value.map(({ name, story: { title, tree } }) => (
          <Entry key={name} title={title || beginningOf(standing(tree).text)} note={write.onlyHere} address={hashOf({ room: "write", rest: [], query: new URLSearchParams({ backup: name }) })} onRemove={() => removeBackup(name)} />
        ))}
        {shelf.value.map(({ id, title, beginning, words: count }) => (
          <Entry
            key={id}
            title={title || beginning}
            note={write.words(count)}
            address={hashOf({ room: "write", rest: [id], query: new URLSearchParams() })}
            isOpen={kept.value?.id === id}
            onRemove={() => void remove(id).catch(tellError)}
          />
        ))}
      </ul>
    </nav>
  );
}

interface Listed {
  title: string;
  note: string;
  address: string;
  isOpen?: boolean;
  onRemove: () => void;
}

function Entry({ title, note, address, isOpen = false, onRemove }: Listed) {
  const { write } = words.value;
  const named = title || write.untitledStory;
  return (
    <li class="row nowrap">
      <a href={address} aria-current={isOpen ? "page" : undefined}>
        {named} <span class="faint">{note}</span>
      </a>
      <button type="button" class="icon" aria-label={`${write.deleteStory}: ${named}`} onClick={() => confirm(write.deleteAsk(named)) && onRemove()}>
        ×
      </button>
    </li>
  );
}

const FORMATS = ["txt", "md", "epub", "json"] as const;

export function Export() {
  const { write } = words.value;
  if (text.value === "" && story.value.title === "") return null;
  return (
    <details class="menu" name="menu">
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
  if (!known || !isSaved()) tell(words.peek().write.notExported, true);
  else follow(`/api/documents/${known.id}/export?format=${format}`, "");
}

/** The story as this page has it, where the server can't take it. */
export function downloadHere(format: "txt" | "json"): void {
  const { title } = story.peek();
  const content = format === "txt" ? text.peek() : JSON.stringify(forSaving(story.peek()));
  const address = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  follow(address, `${title || words.peek().write.untitledStory}.${format}`);
  URL.revokeObjectURL(address);
}

function follow(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}

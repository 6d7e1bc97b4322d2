// Words that must or must not appear, and the notebook of characters and places.
import { useSignal } from "@preact/signals";
import { Field } from "../parts/Field";
import { words } from "../words";
import type { Entry } from "./document";
import { phrasesOf } from "./plan";
import { change, story } from "./store";
import "./chips.css";

export function WishesPanel() {
  const { wishes: says } = words.value;
  const { include, ban } = story.value;
  return (
    <div class="stack">
      <WordList label={says.include} help={says.includeHelp} list={include} onList={(list) => change({ include: list })} />
      <WordList label={says.ban} help={says.banHelp} list={ban} onList={(list) => change({ ban: list })} />
    </div>
  );
}

interface Listed {
  label: string;
  help: string;
  list: string[];
  onList: (list: string[]) => void;
}

function WordList({ label, help, list, onList }: Listed) {
  const { wishes: says } = words.value;
  const adding = useSignal("");
  const add = (): void => {
    const fresh = phrasesOf(adding.value).filter((word) => !list.includes(word));
    if (fresh.length > 0) onList([...list, ...fresh]);
    adding.value = "";
  };
  return (
    <Field label={label} help={help}>
      {(ids) => (
        <div class="stack tight">
          {list.length > 0 && (
            <ul class="chips">
              {list.map((word) => (
                <li key={word} class="chip">
                  <span>{word}</span>
                  <button type="button" class="small" aria-label={says.remove(word)} onClick={() => onList(list.filter((each) => each !== word))}>
                    ×
                  </button>
                </li>
              ))}
            </ul>
          )}
          <input
            {...ids}
            value={adding.value}
            onInput={(event) => (adding.value = event.currentTarget.value)}
            onKeyDown={(event) => (event.key === "Enter" || event.key === ",") && (event.preventDefault(), add())}
            onBlur={add}
          />
        </div>
      )}
    </Field>
  );
}

export function NotebookPanel() {
  const { notebook: says } = words.value;
  const { notebook } = story.value;
  const put = (place: number, values: Partial<Entry>): void =>
    change({ notebook: notebook.map((entry, at) => (at === place ? { ...entry, ...values } : entry)) });
  return (
    <div class="stack">
      <p class="help">{says.help}</p>
      <ul class="stack">
        {notebook.map((entry, place) => (
          <li key={place} class="entry stack tight">
            <div class="row nowrap">
              <input aria-label={says.name} placeholder={says.name} value={entry.name} onInput={(event) => put(place, { name: event.currentTarget.value })} />
              <button
                type="button"
                class="icon"
                aria-label={says.remove(entry.name)}
                onClick={() => change({ notebook: notebook.filter((_, at) => at !== place) })}
              >
                ×
              </button>
            </div>
            <input aria-label={says.phrase} placeholder={says.phrase} value={entry.phrase} onInput={(event) => put(place, { phrase: event.currentTarget.value })} />
            <textarea aria-label={says.note} placeholder={says.note} rows={2} value={entry.note} onInput={(event) => put(place, { note: event.currentTarget.value })} />
          </li>
        ))}
      </ul>
      <button type="button" class="button" onClick={() => change({ notebook: [...notebook, { name: "", phrase: "", note: "" }] })}>
        {says.add}
      </button>
    </div>
  );
}

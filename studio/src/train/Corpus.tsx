// What to learn from: files that are dropped, and what was understood of them; or something built in.
import { useSignal, type Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { wasAborted } from "../api/client";
import { tellError } from "../shell/notice";
import { number, percent, told, words } from "../words";
import { offered, TASKS, understand, upload, type Data, type Task, type Understood } from "./jobs";

export interface Corpus {
  data: Data;
  name: string;
  task: Task;
}

export function CorpusPart({ corpus }: { corpus: Signal<Corpus | null> }) {
  const { train: says } = words.value;
  const understood = useSignal<Understood | null>(null);
  const files = useSignal<File[]>([]);
  const task = useSignal<Task>("write");
  const busy = useSignal(false);
  const over = useSignal(false);
  const asked = useRef<AbortController | null>(null);
  const chooser = useRef<HTMLInputElement>(null);

  const take = async (chosen: File[]): Promise<void> => {
    if (chosen.length === 0) return;
    asked.current?.abort();
    asked.current = new AbortController();
    const { signal } = asked.current;
    [busy.value, understood.value, corpus.value] = [true, null, null];
    files.value = chosen;
    try {
      const id = await upload(chosen, signal);
      understood.value = await understand(id, task.value, signal);
      corpus.value = { data: { upload: id }, name: nameOf(chosen[0]?.name ?? ""), task: task.value };
    } catch (error) {
      if (!wasAborted(error)) files.value = [];
      tellError(error);
    } finally {
      busy.value = signal.aborted && busy.value;
    }
  };
  const builtIn = (value: string): void => {
    [understood.value, files.value] = [null, []];
    const [kind, name = ""] = value.split("|");
    if (kind === "tales") corpus.value = { data: { tales: name.split("+") }, name: `tales-${name.replace("+", "-")}`, task: "write" };
    else if (kind === "exercise") corpus.value = { data: { exercise: name }, name: name.replace(/[^\p{L}\p{N}]+/gu, "-"), task: "transduce" };
    else corpus.value = null;
  };
  const there = offered.value;
  return (
    <section class="stack" aria-labelledby="corpus-title">
      <h2 id="corpus-title">{says.corpus}</h2>
      <div
        class={over.value ? "drop over" : "drop"}
        onDragOver={(event) => (event.preventDefault(), (over.value = true))}
        onDragLeave={() => (over.value = false)}
        onDrop={(event) => {
          event.preventDefault();
          over.value = false;
          void take([...(event.dataTransfer?.files ?? [])]);
        }}
      >
        <p>{says.drop}</p>
        <input ref={chooser} type="file" multiple hidden accept=".txt,.md,.jsonl,.csv,.tsv,.parquet" onChange={(event) => void take([...(event.currentTarget.files ?? [])])} />
        <button type="button" class="button" onClick={() => chooser.current?.click()}>
          {says.choose}
        </button>
        <p class="help">{says.kinds}</p>
      </div>
      <label class="row">
        <span>{says.task}</span>
        <select
          class="narrow"
          value={task.value}
          onChange={(event) => {
            task.value = event.currentTarget.value as Task;
            void take(files.value);
          }}
        >
          {TASKS.map((each) => (
            <option key={each} value={each}>
              {says.tasks[each]}
            </option>
          ))}
        </select>
      </label>
      <label class="row">
        <span>{says.builtIn}</span>
        <select class="narrow" value={understood.value || files.value.length > 0 ? "" : undefined} onChange={(event) => builtIn(event.currentTarget.value)}>
          <option value="">{words.value.shell.none}</option>
          {there?.tales.map((each) => (
            <option key={each} value={`tales|${each}`}>
              {says.tales(each)}
            </option>
          ))}
          {there && there.tales.length > 1 && <option value={`tales|${there.tales.join("+")}`}>{says.tales(there.tales.join(" + "))}</option>}
          {there?.exercises.map(({ name, title }) => (
            <option key={name} value={`exercise|${name}`}>
              {told(title)}
            </option>
          ))}
        </select>
      </label>
      <div role="status">{busy.value && <p>{says.reading(files.value.map((file) => file.name).join(", "))}</p>}</div>
      {understood.value && <WhatWasUnderstood found={understood.value} files={files.value.map((file) => file.name)} />}
    </section>
  );
}

function nameOf(file: string): string {
  return file.replace(/\.[^.]*$/, "").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").toLowerCase() || "teller";
}

function WhatWasUnderstood({ found, files }: { found: Understood; files: string[] }) {
  const { train: says } = words.value;
  const most = Math.max(1, ...found.lengths.map((each) => each.stories));
  const spoken = new Intl.DisplayNames([document.documentElement.lang], { type: "language", fallback: "code" });
  const nameOfLanguage = (code: string): string => (/^[a-z]{2,3}$/.test(code) ? (spoken.of(code) ?? code) : code);
  return (
    <div class="panel stack">
      <p>
        <strong>{says.stories(found.stories)}</strong>, {says.characters(found.characters)}.{" "}
        {found.languages.map(({ language, share }) => `${nameOfLanguage(language)} ${percent(share)}`).join(", ")}.
      </p>
      <p class="help">
        {files.join(", ")}. {told(found.layout)}
      </p>
      <div role="group" aria-label={says.lengths}>
        <p class="help">{says.lengths}</p>
        <ol class="histogram">
          {found.lengths.map(({ words: [low, high], stories }) => (
            <li key={low} title={`${number(low)}${high === null ? " …" : `–${number(high)}`}: ${says.stories(stories)}`}>
              <span class="pillar" style={{ height: `${(100 * stories) / most}%` }} />
              <span class="help">{number(low)}</span>
              <span class="hidden">{says.stories(stories)}</span>
            </li>
          ))}
        </ol>
      </div>
      {found.odd_lines.length > 0 && (
        <details>
          <summary>{says.odd(found.odd_lines.length)}</summary>
          <ul class="stack tight">
            {found.odd_lines.map(({ file, line, why }) => (
              <li key={`${file}:${line}`} class="help">
                {[file, line].filter((each) => each !== null).join(":")} {told(why)}
              </li>
            ))}
          </ul>
        </details>
      )}
      <details>
        <summary>{says.examples}</summary>
        <ol class="stack">
          {found.examples.map((text, place) => (
            <li key={place} class="prose example">
              {text}
            </li>
          ))}
        </ol>
      </details>
    </div>
  );
}

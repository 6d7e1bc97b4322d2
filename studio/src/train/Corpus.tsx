// What to learn from: files that are dropped, and what was understood of them; or something built in.
import { useSignal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { wasAborted } from "../api/client";
import { upload, type Upload } from "../api/texts";
import { failureOf, isToBeTold } from "../shell/notice";
import { Field } from "../parts/Field";
import { languageName, number, percent, told, words } from "../words";
import { holdsFolder, nameOf, someOf } from "./files";
import { letGo, offered, SPLITS, TASKS, understand, type Data, type Split, type Task, type Understood } from "./jobs";

export interface Corpus {
  data: Data;
  name: string;
  task: Task;
  settings: Record<string, string>;
}

export function CorpusPart({ corpus }: { corpus: Signal<Corpus | null> }) {
  const { train: says } = words.value;
  const understood = useSignal<Understood | null>(null);
  const files = useSignal<File[]>([]);
  const trouble = useSignal<(() => string) | null>(null);
  const task = useSignal<Task>("write");
  const split = useSignal<Split | null>(null);
  const kept = useRef<Upload | null>(null); // to be read again in another way
  const busy = useSignal(false);
  const over = useSignal(false);
  const asked = useRef<AbortController | null>(null);
  const chooser = useRef<HTMLInputElement>(null);

  const letGoOfKept = (): void => {
    letGo(kept.current?.upload ?? null);
    kept.current = null;
  };
  useEffect(() => letGoOfKept, []);
  const take = (chosen: File[]): void => {
    if (chosen.length === 0) return;
    letGoOfKept();
    [files.value, split.value] = [chosen, null];
    void read();
  };
  const read = async (): Promise<void> => {
    if (files.value.length === 0) return;
    asked.current?.abort();
    asked.current = new AbortController();
    const { signal } = asked.current;
    [busy.value, understood.value, corpus.value, trouble.value] = [true, null, null, null];
    try {
      kept.current ??= await upload(files.value, signal);
      const { upload: id, files: taken } = kept.current;
      const wanted = { task: task.value, split: task.value === "write" ? split.value : null };
      const found = await understand(id, wanted, signal);
      understood.value = found;
      if (found.too_little) return;
      const settings: Record<string, string> = wanted.split === null ? {} : { "text.split": wanted.split };
      corpus.value = { data: { upload: id }, name: nameOf(taken.map((each) => each.name), says.severalName), task: wanted.task, settings };
    } catch (error) {
      if (!wasAborted(error) && kept.current === null) files.value = [];
      if (isToBeTold(error)) trouble.value = () => failureOf(error);
    } finally {
      busy.value = signal.aborted && busy.value;
    }
  };
  const builtIn = (value: string): void => {
    asked.current?.abort();
    letGoOfKept();
    [understood.value, files.value, busy.value, trouble.value] = [null, [], false, null];
    const [kind, name = ""] = value.split("|");
    const settings = {};
    if (kind === "tales") corpus.value = { data: { tales: name.split("+") }, name: `tales-${name.replace("+", "-")}`, task: "write", settings };
    else if (kind === "exercise") corpus.value = { data: { exercise: name }, name: name.replace(/[^\p{L}\p{N}]+/gu, "-"), task: "transduce", settings };
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
          if (holdsFolder(event.dataTransfer?.items ?? [])) trouble.value = () => words.value.train.noFolder;
          else take([...(event.dataTransfer?.files ?? [])]);
        }}
      >
        <p>{says.drop}</p>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          accept=".txt,.md,.jsonl,.csv,.tsv,.parquet,.docx,.odt,.epub,.fb2,.gz,.zip"
          onChange={({ currentTarget: chosen }) => {
            take([...(chosen.files ?? [])]);
            chosen.value = ""; // the same file, mended, may be chosen again
          }}
        />
        <button type="button" class="button" onClick={() => chooser.current?.click()}>
          {says.choose}
        </button>
        <p class="help">{says.kinds}</p>
      </div>
      {trouble.value && (
        <div class="row nowrap trouble" role="alert">
          <p>{trouble.value()}</p>
          <button type="button" class="icon" aria-label={words.value.shell.close} onClick={() => (trouble.value = null)}>
            ×
          </button>
        </div>
      )}
      <label class="row">
        <span>{says.task}</span>
        <select
          class="narrow"
          value={task.value}
          onChange={(event) => {
            task.value = event.currentTarget.value as Task;
            void read();
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
              {says.tales(languageName(each))}
            </option>
          ))}
          {there && there.tales.length > 1 && <option value={`tales|${there.tales.join("+")}`}>{says.tales(there.tales.map(languageName).join(" + "))}</option>}
          {there?.exercises.map(({ name, title }) => (
            <option key={name} value={`exercise|${name}`}>
              {told(title)}
            </option>
          ))}
        </select>
      </label>
      <div role="status">{busy.value && <p>{says.reading(someOf(files.value.map((file) => file.name), says.more))}</p>}</div>
      {understood.value && kept.current && (
        <WhatWasUnderstood found={understood.value} upload={kept.current}>
          {understood.value.split !== null && (
            <Field label={says.split}>
              {(ids) => (
                <select
                  {...ids}
                  value={split.value ?? ""}
                  onChange={(event) => {
                    split.value = (event.currentTarget.value || null) as Split | null;
                    void read();
                  }}
                >
                  <option value="">{says.splits.found}</option>
                  {SPLITS.map((each) => (
                    <option key={each} value={each}>
                      {says.splits[each]}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          )}
        </WhatWasUnderstood>
      )}
    </section>
  );
}

function WhatWasUnderstood({ found, upload, children }: { found: Understood; upload: Upload; children: ComponentChildren }) {
  const { train: says } = words.value;
  const most = Math.max(1, ...found.lengths.map((each) => each.stories));
  return (
    <div class="panel stack">
      <p>
        <strong>{says.stories(found.stories)}</strong>, {says.characters(found.characters)}.{" "}
        {found.languages.map(({ language, share }) => `${languageName(language)} ${percent(share)}`).join(", ")}.
      </p>
      <p class="help">
        {someOf(upload.files.map((file) => file.name), says.more)}. {told(found.layout)}
      </p>
      {found.parts.length > 0 && (
        <ul class="stack tight parts">
          {found.parts.map(({ layout, files, stories }) => (
            <li key={files[0]} class="help">
              {someOf(files, says.more)}: {says.stories(stories)}. {told(layout)}
            </li>
          ))}
        </ul>
      )}
      {upload.left_out.length > 0 && <p>{says.leftOut(someOf(upload.left_out.map(({ name, why }) => `${name} (${says.why[why]})`), says.more))}</p>}
      {found.too_little && <p role="alert">{says.tooLittle(found.too_little.characters, found.too_little.least)}</p>}
      {children}
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

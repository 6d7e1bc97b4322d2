// The second room: texts in, a network that learns them while one looks on, a bundle out.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { connected } from "../api/client";
import { bundles, refreshBundles } from "../api/facts";
import { Field, Slider } from "../parts/Field";
import { tellError } from "../shell/notice";
import { go, hashOf, place } from "../shell/router";
import { number, words } from "../words";
import { CorpusPart, type Corpus } from "./Corpus";
import { clock } from "./history";
import { histories, jobs, offered, refreshJobs, refreshOffered, start, wantedRun, type Job } from "./jobs";
import { RunPart } from "./RunPart";
import "./train.css";

const LONGEST_MINUTES = 60;
const AUTO = "auto";
const NOTHING = ""; // to start from
const NAME = String.raw`\s*[\p{L}\p{M}\p{N}_]([\p{L}\p{M}\p{N}_ \-]{0,62}[\p{L}\p{M}\p{N}_])?\s*`; // what the server takes for one

export function TrainRoom() {
  const { shell, train: says } = words.value;
  const compared = useSignal<string[]>([]);
  const there = connected.value;
  useEffect(() => {
    if (there) Promise.all([refreshJobs(), refreshOffered(), refreshBundles()]).catch(tellError);
  }, [there]);
  const id = place.value.rest[0];
  const chosen = jobs.value?.find((job) => job.job === id);
  return (
    <div class="train-room">
      <h1 class="hidden">{shell.rooms.train}</h1>
      <div class="stack">
        <Begin />
        <Runs compared={compared.value} onCompared={(ids) => (compared.value = ids)} chosen={id} />
      </div>
      <div class="stack">{chosen ? <RunPart key={chosen.job} job={chosen} compared={compared.value} /> : <p class="help intro">{says.intro}</p>}</div>
    </div>
  );
}

function Begin() {
  const { shell, train: says } = words.value;
  const corpus = useSignal<Corpus | null>(null);
  const name = useSignal("");
  const minutes = useSignal(5);
  const size = useSignal(AUTO);
  const base = useSignal(NOTHING);
  const starting = useSignal(false);
  const ready = corpus.value;
  const able = (bundles.value ?? []).filter((each) => each.task === ready?.task);
  const from = able.find((each) => each.name === base.value);
  const begin = async (): Promise<void> => {
    if (!ready) return;
    starting.value = true;
    try {
      const { data, task, settings } = ready;
      const wanted = {
        name: name.value.trim() || ready.name,
        minutes: minutes.value,
        size: size.value === AUTO || from ? null : size.value,
        start_from: from?.name ?? null,
      };
      go("train", [await start({ data, task, settings, ...wanted })]);
    } catch (error) {
      tellError(error);
    } finally {
      starting.value = false;
    }
  };
  return (
    <form class="stack" onSubmit={(event) => (event.preventDefault(), void begin())}>
      <CorpusPart corpus={corpus} />
      {ready && (
        <>
          <Slider label={says.minutes} help={says.minutesHelp} range={[1, LONGEST_MINUTES]} step={1} value={minutes.value} shown={number(minutes.value)} onValue={(value) => (minutes.value = value)} />
          {able.length > 0 && (
            <Field label={says.startFrom} help={says.startFromHelp}>
              {(ids) => (
                <select {...ids} value={from?.name ?? NOTHING} onChange={(event) => (base.value = event.currentTarget.value)}>
                  <option value={NOTHING}>{says.nothing}</option>
                  {able.map((each) => (
                    <option key={each.name} value={each.name}>
                      {each.name}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          )}
          <Field label={says.size} help={from ? says.sizeOfBase(from.name) : says.sizeHelp}>
            {(ids) => (
              <select {...ids} disabled={from !== undefined} value={from ? AUTO : size.value} onChange={(event) => (size.value = event.currentTarget.value)}>
                <option value={AUTO}>{says.auto}</option>
                {offered.value?.sizes
                  .filter((each) => each.name !== AUTO)
                  .map((each) => (
                    <option key={each.name} value={each.name}>
                      {each.parameters ? `${each.name} · ${shell.millions(number(each.parameters / 1e6, 1))}` : each.name}
                    </option>
                  ))}
              </select>
            )}
          </Field>
          <Field label={says.name} help={says.nameHelp}>
            {(ids) => <input {...ids} value={name.value} placeholder={ready.name} pattern={NAME} title={says.nameHelp} onInput={(event) => (name.value = event.currentTarget.value)} />}
          </Field>
          <button type="submit" class="button main" disabled={starting.value}>
            {says.start}
          </button>
        </>
      )}
    </form>
  );
}

/** How long it has trained; of one that runs that is heard only where one listens to it. */
function timeOf(job: Job): string | null {
  const seconds = job.state === "running" ? histories.value[job.job]?.progress.at(-1)?.seconds : job.seconds;
  return seconds === undefined ? null : clock(seconds);
}

interface Listed {
  compared: string[];
  onCompared: (ids: string[]) => void;
  chosen: string | undefined;
}

function Runs({ compared, onCompared, chosen }: Listed) {
  const { train: says } = words.value;
  const all = jobs.value;
  if (!all || all.length === 0) return null;
  return (
    <nav class="stack tight" aria-label={says.runs}>
      <h2>{says.runs}</h2>
      <ul class="shelf">
        {all.map((job) => (
          <li key={job.job} class="row nowrap">
            <a href={hashOf({ room: "train", rest: [job.job], query: new URLSearchParams() })} aria-current={job.job === chosen ? "page" : undefined} onClick={() => (wantedRun.value = job.job)}>
              {job.name} <span class="faint">{[says.states[job.state], job.size, timeOf(job)].filter(Boolean).join(" · ")}</span>
            </a>
            {job.job !== chosen && chosen && (
              <label class="faint">
                <input
                  type="checkbox"
                  checked={compared.includes(job.job)}
                  onChange={(event) => onCompared(event.currentTarget.checked ? [...compared, job.job] : compared.filter((id) => id !== job.job))}
                />{" "}
                {says.compare}
                <span class="hidden"> {job.name}</span>
              </label>
            )}
          </li>
        ))}
      </ul>
    </nav>
  );
}

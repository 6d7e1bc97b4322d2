// A run as it goes: its curves, its stories on their way from gibberish to sense, and its reins.
import { useEffect, useRef } from "preact/hooks";
import { ApiError } from "../api/client";
import { Curves } from "../parts/Curves";
import { calmly } from "../shell/motion";
import { failureOf, tellError } from "../shell/notice";
import { hashOf } from "../shell/router";
import { number, words } from "../words";
import { clock, curvesOf, NOTHING, type Failure } from "./history";
import { follow, histories, jobs, order, wantedRun, type Job } from "./jobs";

export function RunPart({ job, compared }: { job: Job; compared: string[] }) {
  const { train: says } = words.value;
  const ids = [job.job, ...compared.filter((id) => id !== job.job)];
  useEffect(() => {
    const stops = ids.map(follow);
    return () => stops.forEach((stop) => stop());
  }, [ids.join(), job.state]);
  const part = useRef<HTMLElement>(null);
  const isWanted = wantedRun.value === job.job;
  useEffect(() => {
    if (!isWanted) return;
    wantedRun.value = null;
    part.current?.focus({ preventScroll: true });
    part.current?.scrollIntoView({ block: "start", behavior: calmly() });
  }, [isWanted]);
  const history = histories.value[job.job] ?? NOTHING;
  const last = history.progress.at(-1);
  const best = history.validated.reduce<number | null>((so, each) => (so === null ? each.bits_per_character : Math.min(so, each.bits_per_character)), null);
  const left = last?.left_s ?? job.left_s;
  const wrong = job.state === "failed" ? failed(history.failure ?? job) : job.message && says.serverEnded;
  const share = job.state === "finished" ? 1 : (last?.done ?? 0);
  return (
    <section ref={part} class="stack run" tabIndex={-1} aria-labelledby="run-title">
      <div class="row spread">
        <h2 id="run-title">{job.name}</h2>
        <Reins job={job} />
      </div>
      <progress class="wide" max={1} value={share} aria-label={says.progress} />
      <dl class="facts">
        <Fact name={says.state} value={says.states[job.state]} />
        {left !== null && job.state === "running" && <Fact name={says.left} value={clock(left)} />}
        {last && <Fact name={says.elapsed} value={clock(last.seconds)} />}
        {last && <Fact name={says.updates} value={number(last.updates)} />}
        {last && <Fact name={says.speed} value={says.perSecond(number(last.tokens_per_s))} />}
        {best !== null && <Fact name={says.bits} value={number(best, 3)} />}
      </dl>
      {wrong && <p role="alert">{wrong}</p>}
      <Loss ids={ids} isGoing={isGoing(job)} />
      <Samples job={job.job} />
    </section>
  );
}

function isGoing({ state }: Job): boolean {
  return state === "running" || state === "waiting";
}

function failed({ message, code, about }: Failure | Job): string {
  return failureOf(new ApiError(500, code ?? "", message ?? "", about));
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt class="help">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Reins({ job }: { job: Job }) {
  const { train: says } = words.value;
  const button = (label: string, what: "pause" | "resume" | "stop", isOff = false) => (
    <button type="button" class="button" disabled={isOff} onClick={() => void order(job.job, what).catch(tellError)}>
      {label}
    </button>
  );
  const going = isGoing(job);
  const wanted = going ? job.wanted : null;
  return (
    <div class="row">
      {going && button(wanted === "paused" ? says.pausing : says.pause, "pause", wanted !== null)}
      {job.can_go_on && button(says.resume, "resume")}
      {(going || job.state === "paused") && button(wanted === "stopped" ? says.stopping : says.stop, "stop", wanted === "stopped")}
      {job.bundle && (
        <a class="button" href={`/api/jobs/${job.job}/bundle`} download>
          {says.download}
        </a>
      )}
      {job.bundle && job.task === "write" && (
        <a class="button main" href={hashOf({ room: "write", rest: [], query: new URLSearchParams({ new: "1", model: job.bundle }) })}>
          {says.write}
        </a>
      )}
    </div>
  );
}

function Loss({ ids, isGoing }: { ids: string[]; isGoing: boolean }) {
  const { train: says } = words.value;
  const runs = ids.map((id) => ({
    name: jobs.value?.find((job) => job.job === id)?.name ?? id,
    history: histories.value[id] ?? NOTHING,
  }));
  const { seconds, series } = curvesOf(runs, { training: says.training, heldOut: says.heldOut });
  if (seconds.length === 0) return isGoing ? <p class="help">{says.soon}</p> : null;
  return <Curves label={says.curves} x={{ label: says.seconds, values: seconds }} y={{ label: says.bits }} series={series} height={260} />;
}

function Samples({ job }: { job: string }) {
  const { train: says } = words.value;
  const samples = (histories.value[job] ?? NOTHING).samples;
  if (samples.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="samples-title">
      <h3 id="samples-title">{says.samples}</h3>
      {samples[0]?.plan && <p class="help">{says.sampled(samples[0].plan.join(", "))}</p>}
      <ol class="samples" reversed>
        {samples.toReversed().map(({ seconds, text, source }, place) => (
          <li key={samples.length - place} class={place === 0 ? "sample newest" : "sample"}>
            <span class="help">{clock(seconds)}</span>
            <p class="prose">{source ? `${source} → ${text}` : text}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}

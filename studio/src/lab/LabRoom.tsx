// The fourth room: the course's experiments, live.
import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ask, connected, stream } from "../api/client";
import { sentenceOf, tell, tellError } from "../shell/notice";
import { go, hashOf, place } from "../shell/router";
import { told, words } from "../words";
import { ALONE, hiddenOf, queryOf, stated, valuesOf, type Values } from "./address";
import { Form, labelOf } from "./Form";
import { LinesPanel } from "./LinesPanel";
import { PathsPanel, turnsBack } from "./PathsPanel";
import { PlanePanel, pointsOf } from "./PlanePanel";
import type { Experiment, Panel, Point, Report, Value } from "./types";
import "./lab.css";

const experiments = signal<Experiment[] | null>(null);
const refused = signal<string | null>(null); // why there are none yet
const QUIET_MS = 350;

export function LabRoom() {
  const { shell, lab: says } = words.value;
  const there = connected.value;
  const load = (): void => {
    refused.value = null;
    ask<{ experiments: Experiment[] }>("GET", "/api/lab").then(
      (found) => (experiments.value = found.experiments),
      (error) => (refused.value = sentenceOf(error)),
    );
  };
  useEffect(() => {
    if (there && !experiments.peek()) load();
  }, [there]);
  const all = experiments.value;
  const { rest, query } = place.value;
  const chosen = all?.find((each) => each.name === rest[0]) ?? all?.[0];
  if (all === null && there && refused.value !== null)
    return (
      <div class="stack">
        <p role="alert">{shell.failed(refused.value)}</p>
        <div>
          <button type="button" class="button" onClick={load}>
            {shell.retry}
          </button>
        </div>
      </div>
    );
  if (all === null) return <p class="help">{shell.loading}</p>;
  if (!chosen) return <p class="empty">{says.none}</p>;
  return (
    <div class="lab-room">
      <h1 class="hidden">{shell.rooms.lab}</h1>
      {!query.has(ALONE) && (
        <nav class="stack tight" aria-label={says.experiments}>
          <p class="help">{says.intro}</p>
          <ul class="shelf">
            {all.map(({ name, title }) => (
              <li key={name}>
                <a href={hashOf({ room: "lab", rest: [name], query: new URLSearchParams() })} aria-current={name === chosen.name ? "page" : undefined}>
                  {told(title)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      <Bench key={chosen.name} experiment={chosen} />
    </div>
  );
}

function Bench({ experiment }: { experiment: Experiment }) {
  const { lab: says } = words.value;
  const { query } = place.value;
  const hidden = hiddenOf(query);
  const values = valuesOf(experiment.parameters, query);
  const paint = useSignal(1);
  const { report, busy, run, stop } = useRun(experiment, values);
  const set = (name: string, value: Value): void => go("lab", [experiment.name], queryOf(experiment, { ...values, [name]: value }, hidden, query.has(ALONE)), true);
  const movable = experiment.parameters.find((each) => each.kind === "points" && !hidden.includes(each.name));
  const onPoints = movable && ((points: Point[]) => set(movable.name, points));
  return (
    <>
      <section class="bench" aria-labelledby="experiment-title">
        <h2 id="experiment-title">{told(experiment.title)}</h2>
        <p class="lead">{told(experiment.question)}</p>
        <div class="row">
          {busy ? (
            <button type="button" class="button main" onClick={stop}>
              {says.stop}
            </button>
          ) : (
            <button type="button" class="button main" onClick={run}>
              {says.run}
            </button>
          )}
          <progress max={1} value={report?.done ?? 0} aria-label={says.running} hidden={!busy} />
        </div>
        {movable && <Paint paint={paint.value} onPaint={(label) => (paint.value = label)} onClear={() => set(movable.name, [])} />}
        <div class="panels">
          {report?.panels.map((panel, at) => (
            <div key={at} class="panel">
              {panel.kind === "plane" ? <PlanePanel panel={panel} paint={paint.value} onPoints={onPoints} /> : turnsBack(panel) ? <PathsPanel panel={panel} /> : <LinesPanel panel={panel} />}
            </div>
          ))}
        </div>
        <div role="status">
          {report?.finding && (
            <section class="finding" aria-label={says.finding}>
              <p>{told(report.finding)}</p>
            </section>
          )}
        </div>
        <p class="help method">{told(experiment.method)}</p>
      </section>
      <aside class="stack controls">
        <Form parameters={experiment.parameters.filter((each) => !hidden.includes(each.name))} values={values} onValue={set} />
        <button type="button" class="quiet" onClick={() => go("lab", [experiment.name], queryOf(experiment, {}, hidden, query.has(ALONE)), true)}>
          {says.reset}
        </button>
        {!query.has(ALONE) && <Lesson experiment={experiment} values={values} />}
      </aside>
    </>
  );
}

function Paint({ paint, onPaint, onClear }: { paint: number; onPaint: (label: number) => void; onClear: () => void }) {
  const { lab: says } = words.value;
  return (
    <div class="row">
      <span class="help">{says.points}</span>
      <span role="group" aria-label={says.paint} class="row">
        <span class="help">{says.paint}</span>
        {[0, 1].map((label) => (
          <button key={label} type="button" class="quiet" aria-pressed={paint === label} onClick={() => onPaint(label)}>
            <span class={`dot class-${label}`} aria-hidden="true" /> {label ? says.second : says.first}
          </button>
        ))}
        <button type="button" class="quiet" onClick={onClear}>
          {says.reset}
        </button>
      </span>
    </div>
  );
}

/** What the others may change, and the link. */
function Lesson({ experiment, values }: { experiment: Experiment; values: Values }) {
  const { lab: says } = words.value;
  const hidden = useSignal<string[]>([]);
  const toggle = (name: string): void => {
    hidden.value = hidden.value.includes(name) ? hidden.value.filter((each) => each !== name) : [...hidden.value, name];
  };
  const copy = async (): Promise<void> => {
    const query = new URLSearchParams(queryOf(experiment, values, hidden.value, true));
    await navigator.clipboard.writeText(location.href.split("#")[0] + hashOf({ room: "lab", rest: [experiment.name], query }));
    tell(says.copied);
  };
  return (
    <details>
      <summary>{says.lesson}</summary>
      <div class="stack tight">
        <p class="help">{says.lessonHelp}</p>
        {experiment.parameters.map((parameter) => (
          <label key={parameter.name}>
            <input type="checkbox" checked={!hidden.value.includes(parameter.name)} onChange={() => toggle(parameter.name)} /> {labelOf(parameter)}
          </label>
        ))}
        <button type="button" class="button" onClick={() => void copy().catch(tellError)}>
          {says.copy}
        </button>
      </div>
    </details>
  );
}

/** Runs the experiment as its values change; what is out of date is broken off. */
function useRun(experiment: Experiment, values: Values): { report: Report | null; busy: boolean; run: () => void; stop: () => void } {
  const report = useSignal<Report | null>(null);
  const busy = useSignal(false);
  const asked = useRef<AbortController | null>(null);
  const body = stated(experiment.parameters, values);
  const key = JSON.stringify(body);
  const stop = (): void => {
    asked.current?.abort();
    busy.value = false;
  };
  const run = (): void => {
    stop();
    const controller = new AbortController();
    asked.current = controller;
    busy.value = true;
    follow(experiment.name, body, controller.signal, (next) => (report.value = next))
      .catch(tellError)
      .finally(() => {
        if (asked.current === controller) busy.value = false;
      });
  };
  useEffect(() => {
    // What was moved is seen at once; what follows from it comes from the server.
    const moved = movedPoints(experiment, values);
    if (report.peek() && moved) report.value = withPoints(report.peek() as Report, moved);
    const clock = setTimeout(run, report.peek() ? QUIET_MS : 0);
    return () => clearTimeout(clock);
  }, [experiment.name, key]);
  useEffect(() => stop, []);
  return { report: report.value, busy: busy.value, run, stop };
}

async function follow(name: string, body: Values, signal: AbortSignal, onReport: (report: Report) => void): Promise<void> {
  let frame = 0;
  try {
    for await (const { event, data } of stream<Report & { message?: string }>("POST", `/api/lab/${name}`, { body, signal })) {
      if (event === "error") throw new Error(data.message);
      if (event !== "frame" || signal.aborted) continue;
      cancelAnimationFrame(frame);
      if (data.done >= 1) onReport(data);
      else frame = requestAnimationFrame(() => onReport(data));
    }
  } finally {
    if (signal.aborted) cancelAnimationFrame(frame);
  }
}

function movedPoints(experiment: Experiment, values: Values): Point[] | null {
  const name = experiment.parameters.find((each) => each.kind === "points")?.name;
  const points = name === undefined ? [] : (values[name] as Point[] | null);
  return points && points.length > 0 ? points : null;
}

function withPoints(report: Report, points: readonly Point[]): Report {
  const panels = report.panels.map<Panel>((panel) => {
    if (panel.kind !== "plane" || JSON.stringify(pointsOf(panel)) === JSON.stringify(points)) return panel;
    const classes = panel.classes.map((each, label) => {
      const mine = points.filter((point) => point[2] === label);
      return { ...each, x: mine.map((point) => point[0]), y: mine.map((point) => point[1]) };
    });
    return { ...panel, classes };
  });
  return { ...report, panels };
}

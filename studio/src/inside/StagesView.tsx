// The same seed at each stage of training, on a slider.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Slider } from "../parts/Field";
import { number, words } from "../words";
import type { Stage } from "./answers";
import { bundle, fetched, seed, show, told, useAnswer } from "./state";
import { Told } from "./Told";

const PLAY_MS = 1200;
const LENGTH_WORDS = 50;

export function StagesView() {
  const { inside } = words.value;
  const name = bundle.value?.name;
  const chosen = useSignal<number | null>(null);
  const playing = useSignal(false);
  const stages = useAnswer<{ stages: Stage[] }>("stages", name ? { bundle: name } : null).value?.stages ?? [];
  const last = stages.length - 1;
  const at = Math.max(0, Math.min(last, chosen.value ?? last));
  const body = (stage: number): object => ({ bundle: name, stage, ...told(), seed: seed.value, length: LENGTH_WORDS });
  const answer = useAnswer<Stage & { text: string }>("stages/write", name && last > 0 ? body(at) : null);
  useEffect(() => {
    if (!playing.value) return undefined;
    const clock = setTimeout(() => {
      if (at >= last) playing.value = false;
      else chosen.value = at + 1;
    }, PLAY_MS);
    return () => clearTimeout(clock);
  }, [playing.value, at, answer.value]);
  useEffect(() => {
    // the next one is at hand before the slider is there
    if (name && at < last && answer.value) fetched("stages/write", body(at + 1)).catch(() => undefined);
  }, [at, answer.value]);
  if (last === 0)
    return (
      <section class="stack">
        <p>{inside.noStages}</p>
        <p>
          <code>{inside.noStagesCommand}</code>
        </p>
      </section>
    );
  const stage = stages[at];
  const said = stage ? inside.stageOf(stage.step, number(stage.seconds, 0)) : "";
  const play = (): void => {
    if (!playing.value && at >= last) chosen.value = 0;
    playing.value = !playing.value;
  };
  return (
    <section class="stack">
      <div class="panel stack">
        <Slider
          label={inside.stage}
          range={[0, Math.max(1, last)]}
          step={1}
          value={at}
          shown={at === last ? `${said} (${inside.finished})` : said}
          onValue={(value) => {
            playing.value = false;
            chosen.value = value;
          }}
        />
        <div class="row">
          <button type="button" class="button main" aria-pressed={playing.value} onClick={play}>
            {playing.value ? inside.pause : inside.play}
          </button>
          <button type="button" class="button" onClick={() => show({ seed: seed.value + 1 })}>
            {inside.otherSeed}
          </button>
          <span class="faint">
            {inside.seed} {seed.value}
          </span>
        </div>
      </div>
      <p class="prose inside-stage" aria-live="polite">
        {answer.value?.text}
      </p>
      <Told answer={answer} />
    </section>
  );
}

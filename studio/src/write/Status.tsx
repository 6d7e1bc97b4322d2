// The line under the page: how much there is, whether it is saved, and what the colours mean.
import { GiveTexts } from "../parts/GiveTexts";
import { spelled } from "../shell/keyboard";
import { tellError } from "../shell/notice";
import { percent, words } from "../words";
import { ended, FROM_HERE, lengthen, longer } from "./actions";
import { keepAsCopy, letGo, takeOther } from "./opening";
import { atRisk, saving, type Dispute } from "./saving";
import { downloadHere } from "./Shelf";
import { countWords } from "./splice";
import { story, text } from "./store";
import { writing } from "./telling";
import { overlaps, overlapShown, overlapState, surpriseState, trainingTexts, view } from "./views";

export function Status({ busy }: { busy: boolean }) {
  const { shell, write } = words.value;
  const state = saving.value;
  return (
    <p class="status help">
      <span class="writer">
        {shell.model}: {story.value.bundle}
      </span>
      <span>{write.words(countWords(text.value))}</span>
      {busy && <span>{writing.value.every(({ page }) => !page?.hasBegun) ? write.readingStory : write.writing}</span>}
      {state === "conflict" || state === "gone" ? <Disputed state={state} /> : <span>{write[state]}</span>}
      {atRisk.value && <AtRisk />}
      {view.value === "origin" && (
        <span class="legend origin">
          {(["prompt", "model", "edited", "typed"] as const).map((origin) => (
            <span key={origin} class={`from-${origin}`}>
              {write.origins[origin]}
            </span>
          ))}
        </span>
      )}
      {view.value === "surprise" && (
        <span class="legend surprise">
          {write.likely} <span class="ramp" aria-hidden="true" /> {write.unlikely}
          {surpriseState.value !== "known" && <span>{surpriseState.value === "failed" ? write.surpriseFailed : write.surpriseWaiting}</span>}
        </span>
      )}
      {overlapShown.value && <Copied />}
      {!busy && ended.value === text.value && <Over />}
    </p>
  );
}

/** Another window changed the story, or deleted it. */
function Disputed({ state }: { state: Dispute }) {
  const { write } = words.value;
  return (
    <span role="alert">
      {write[state]}{" "}
      <button type="button" class="link" onClick={() => void keepAsCopy().catch(tellError)}>
        {write.keepMine}
      </button>{" "}
      {state === "conflict" ? (
        <button type="button" class="link" onClick={() => void takeOther().catch(tellError)}>
          {write.takeTheirs}
        </button>
      ) : (
        <button type="button" class="link" onClick={letGo}>
          {write.letGo}
        </button>
      )}
    </span>
  );
}

/** Neither the server nor this browser has what was written last. */
function AtRisk() {
  const { write } = words.value;
  return (
    <strong role="alert">
      {write.atRisk}{" "}
      <button type="button" class="link" onClick={() => downloadHere("txt")}>
        .txt
      </button>{" "}
      <button type="button" class="link" onClick={() => downloadHere("json")}>
        {write.exportTree}
      </button>
    </strong>
  );
}

/** What can be done where the model takes the story for over. */
function Over() {
  const { write } = words.value;
  return (
    <span>
      {write.over} {write.anew(spelled(FROM_HERE))}{" "}
      <button type="button" class="link" onClick={() => void lengthen()}>
        {write.lengthen(longer())}
      </button>
    </span>
  );
}

function Copied() {
  const { write } = words.value;
  const { bundle } = story.value;
  switch (overlapState.value) {
    case "waiting":
      return <span>{write.overlapWaiting}</span>;
    case "failed":
      return <span>{write.overlapFailed}</span>;
    case "no texts":
      return (
        <span>
          {write.overlapUnknown} {bundle && <GiveTexts bundle={bundle} />}
        </span>
      );
    case "known":
      return <span>{copied()}</span>;
  }
}

const MOST_NAMED = 3;

function copied(): string {
  const { write } = words.value;
  const runs = overlaps.value;
  const texts = trainingTexts.value;
  const some = [...texts.slice(0, MOST_NAMED), ...(texts.length > MOST_NAMED ? ["…"] : [])];
  const named = some.length > 0 ? ` (${some.join(", ")})` : "";
  if (runs.length === 0 || text.value.length === 0) return write.noneWordForWord(named);
  const share = runs.reduce((sum, run) => sum + run.end - run.start, 0) / text.value.length;
  return write.wordForWord(percent(share), Math.max(...runs.map((run) => run.words)), named);
}

// What an answer tells besides itself: that it is coming, or what was wrong.
import { GiveTexts } from "../parts/GiveTexts";
import { words } from "../words";
import { bundle, type Answer } from "./state";

export function Told({ answer, slow }: { answer: Answer<unknown>; slow?: string }) {
  const { inside, shell } = words.value;
  return (
    <div role="status" class="inside-told faint">
      {answer.error && (
        <p class="inside-wrong">
          {inside.faults[answer.error] ?? answer.error} {answer.error === "no_training_texts" && bundle.value && <GiveTexts bundle={bundle.value.name} />}
        </p>
      )}
      {answer.busy && <p>{slow ?? shell.loading}</p>}
    </div>
  );
}

// What an answer tells besides itself: that it is coming, or what was wrong.
import { words } from "../words";
import type { Answer } from "./state";

export function Told({ answer, slow }: { answer: Answer<unknown>; slow?: string }) {
  const { inside, shell } = words.value;
  return (
    <div role="status" class="inside-told faint">
      {answer.error && <p class="inside-wrong">{inside.faults[answer.error] ?? answer.error}</p>}
      {answer.busy && <p>{slow ?? shell.loading}</p>}
    </div>
  );
}

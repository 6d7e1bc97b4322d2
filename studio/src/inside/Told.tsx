// What an answer tells besides itself: that it is coming, or what was wrong.
import { words } from "../words";
import type { Answer } from "./state";

export function Told({ answer, slow }: { answer: Answer<unknown>; slow?: string }) {
  return (
    <div role="status" class="inside-told faint">
      {answer.error && <p class="inside-wrong">{answer.error}</p>}
      {answer.busy && <p>{slow ?? words.value.shell.loading}</p>}
    </div>
  );
}

// The training sentences nearest to the text by the encoder's state.
import { number, words } from "../words";
import { bundle, source, text, useAnswer } from "./state";
import { Told } from "./Told";

interface Near {
  sentences: { text: string; cosine: number }[];
}

export function NearestView() {
  const { inside } = words.value;
  // of pairs the encoder reads the source
  const asked = bundle.value?.task === "write" ? text.value : source.value;
  const answer = useAnswer<Near>("nearest", bundle.value && asked.trim() ? { bundle: bundle.value.name, text: asked, count: 12 } : null);
  return (
    <section class="stack">
      <p class="prose">{asked}</p>
      <Told answer={answer} slow={inside.readingCorpus} />
      <ol class="inside-nearest">
        {answer.value?.sentences.map((each) => (
          <li key={each.text}>
            <span class="inside-bar" style={{ "--share": `${Math.round(Math.max(0, each.cosine) * 100)}%` }} aria-hidden="true" />
            <span class="value faint">{number(each.cosine, 2)}</span>
            <span class="prose">{each.text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

// Where the network looked in the source while it foretold each token.
import { HeatMap } from "../parts/HeatMap";
import { words } from "../words";
import type { Reading } from "./answers";
import { unpacked } from "./matrix";
import { widthOf } from "./ReadingView";
import { bundle, text, told, useAnswer } from "./state";
import { Told } from "./Told";
import { visible } from "./words";

const LEAST_WIDTH = 50; // for the names of special tokens, <plan> and <next>

export function AttentionView() {
  const { inside } = words.value;
  const body = bundle.value && text.value.trim() ? { bundle: bundle.value.name, text: text.value, ...told() } : null;
  const answer = useAnswer<Reading>("read", body);
  const reading = answer.value;
  const columns = reading?.source.map((piece) => visible(piece.text)) ?? [];
  const spelt = reading?.source.filter((piece) => piece.end > piece.start).map((piece) => visible(piece.text)) ?? [];
  const weights = reading?.attention ? unpacked(reading.attention) : [];
  return (
    <section class="stack">
      <Told answer={answer} />
      {reading && !reading.attention && <p>{inside.noAttention}</p>}
      {reading?.attention && (
        <HeatMap
          label={inside.attentionLabel}
          values={weights}
          columns={columns}
          rows={reading.tokens.map((piece) => visible(piece.text))}
          range={[0, Math.max(...weights.flat())]}
          cell={{ width: Math.max(LEAST_WIDTH, widthOf(spelt)), height: 20 }}
        />
      )}
    </section>
  );
}

// What a word looked back at, as shades over the text and over what the encoder read.
import { number, words } from "../words";
import type { LookBack, Reading } from "./answers";
import { bundle, text, token, told, useAnswer } from "./state";
import { Told } from "./Told";
import { Tokens } from "./Tokens";
import { visible, wordAround } from "./words";

export function LookBackView() {
  const { inside } = words.value;
  const asked = bundle.value && text.value.trim() ? { bundle: bundle.value.name, text: text.value, ...told() } : null;
  const reading = useAnswer<Reading>("read", asked);
  const tokens = reading.value?.tokens ?? [];
  const at = token.value ?? Math.max(0, tokens.length - 2);
  const [first, end] = wordAround(tokens, Math.min(at, Math.max(0, tokens.length - 1)));
  const answer = useAnswer<LookBack>("look-back", asked && tokens.length ? { ...asked, first, end } : null);
  const back = answer.value;
  if (!reading.value || tokens.length === 0) return <Told answer={reading} />;
  const most = back ? Math.max(1e-12, ...back.norms, ...back.source_norms) : 1;
  const fits = back && back.tokens.length === tokens.length;
  const word = tokens.slice(first, end).map((piece) => piece.text).join("").trim();
  const share = (norm: number): string => number(norm / most, 2);
  return (
    <section class="stack">
      <h2>{inside.chosen(visible(word))}</h2>
      {back && back.source_norms.some((norm) => norm > 0) && (
        <Tokens
          label={inside.sourceTokens}
          texts={back.source.map((piece) => (piece.text.startsWith("<") ? ` ${piece.text} ` : piece.text))}
          shades={back.source_norms.map((norm) => norm / most)}
          describe={(each) => share(back.source_norms[each] ?? 0)}
        />
      )}
      <Tokens
        label={inside.tokens}
        texts={tokens.map((piece) => piece.text)}
        shades={fits ? back.norms.map((norm) => norm / most) : tokens.map(() => 0)}
        chosen={[first, end]}
        onChoose={(chosen) => (token.value = chosen)}
        onPoint={(pointed) => {
          if (pointed !== null) token.value = pointed;
        }}
        describe={(each) => (fits ? share(back.norms[each] ?? 0) : "")}
      />
      <p class="faint" aria-live="polite">
        {back ? inside.half(back.half_within) : ""}
      </p>
      <Told answer={answer} />
    </section>
  );
}

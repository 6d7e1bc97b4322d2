// What a unit does across the texts that the network learnt from.
import { useSignal } from "@preact/signals";
import { Field } from "../parts/Field";
import { number, words } from "../words";
import type { Named, Reading, Snippet, Unit, Units } from "./answers";
import { PartField } from "./ReadingView";
import { bundle, part, show, text, told, unit, useAnswer } from "./state";
import { Told } from "./Told";
import { Tokens } from "./Tokens";
import { visible } from "./words";

export function UnitView() {
  const { inside } = words.value;
  const place = useSignal("inside quotes");
  const name = bundle.value?.name;
  const reading = useAnswer<Reading>("read", name && text.value.trim() ? { bundle: name, text: text.value, ...told() } : null);
  const answer = useAnswer<Unit>("unit", name ? { bundle: name, part: part.value, unit: unit.value, count: 6 } : null);
  const others = useAnswer<Units>("units", name ? { bundle: name, part: part.value, place: place.value } : null);
  const count = reading.value?.parts.find((each) => each.name === part.value)?.matrix.columns;
  const last = count === undefined ? undefined : count - 1; // not known while no text is read
  const found = answer.value;
  return (
    <section class="stack">
      <div class="panel stack">
        <div class="inside-controls">
          {reading.value && <PartField reading={reading.value} />}
          <Field label={inside.unit}>
            {(ids) => (
              <input
                {...ids}
                type="number"
                min={0}
                max={last}
                value={unit.value}
                onChange={(event) => show({ unit: Math.max(0, Math.min(last ?? Infinity, Math.floor(event.currentTarget.valueAsNumber) || 0)) })}
              />
            )}
          </Field>
          <Field label={inside.properties}>
            {(ids) => (
              <select {...ids} value={place.value} onChange={(event) => (place.value = event.currentTarget.value)}>
                {(others.value?.places ?? [place.value]).map((each) => (
                  <option key={each} value={each}>
                    {inside.property[each] ?? each}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
        <div class="row">
          {others.value?.units.slice(0, 8).map((each) => (
            <button key={each.unit} type="button" class="button" aria-pressed={each.unit === unit.value} onClick={() => show({ unit: each.unit })}>
              {inside.unitOf(each.unit, number(each.correlation, 2))}
            </button>
          ))}
        </div>
      </div>
      <Told answer={answer} slow={inside.readingCorpus} />
      {found && (
        <>
          <div class="inside-two">
            <Snippets title={inside.highest} snippets={found.highest} edges={found.edges} />
            <Snippets title={inside.lowest} snippets={found.lowest} edges={found.edges} />
          </div>
          <div class="inside-three">
            <Numbers title={inside.goesWith} rows={found.goes_with.map((each) => ({ ...each, name: inside.property[each.name] ?? each.name }))} />
            <Numbers title={inside.tokensHigh} rows={found.tokens_high.slice(0, 6)} />
            <Numbers title={inside.tokensLow} rows={found.tokens_low.slice(0, 6)} />
            <Histogram unit={found} />
          </div>
        </>
      )}
    </section>
  );
}

function Snippets({ title, snippets, edges }: { title: string; snippets: readonly Snippet[]; edges: readonly number[] }) {
  const most = Math.max(1e-9, Math.abs(edges[0] ?? 0), Math.abs(edges.at(-1) ?? 0));
  return (
    <section class="stack">
      <h2>{title}</h2>
      {snippets.map((snippet, place) => (
        <div key={place} class="inside-snippet">
          <span class="faint value">{number(snippet.values[snippet.peak] ?? 0, 2)}</span>
          <Tokens
            label={`${title}, ${place + 1}`}
            texts={snippet.texts.map((text) => text.replaceAll("\n", "↵ "))}
            shades={snippet.values.map((value) => value / most)}
            chosen={[snippet.peak, snippet.peak + 1]}
            describe={(each) => number(snippet.values[each] ?? 0, 2)}
          />
        </div>
      ))}
    </section>
  );
}

function Numbers({ title, rows }: { title: string; rows: readonly Named[] }) {
  return (
    <table class="inside-numbers">
      <caption>{title}</caption>
      <tbody>
        {rows.map((each) => (
          <tr key={each.name}>
            <th scope="row">{visible(each.name)}</th>
            <td>{number(each.value, 2)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Histogram({ unit: { histogram, edges } }: { unit: Unit }) {
  const { inside } = words.value;
  const most = Math.max(1, ...histogram);
  const [width, height] = [240, 90];
  const step = width / Math.max(1, histogram.length);
  return (
    <figure class="inside-histogram">
      <figcaption>{inside.histogram}</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={inside.histogram}>
        {histogram.map((count, place) => {
          // the square root, so that rare values can be seen at all
          const high = Math.sqrt(count / most) * height;
          return <rect key={place} x={place * step + 0.5} y={height - high} width={step - 1} height={high} />;
        })}
      </svg>
      <p class="row faint">
        <span>{number(edges[0] ?? 0, 1)}</span>
        <span>{number(edges.at(-1) ?? 0, 1)}</span>
      </p>
    </figure>
  );
}

// A beam search as a tree, beside samples.
import { useSignal } from "@preact/signals";
import { Slider } from "../parts/Field";
import { number, percent, words } from "../words";
import type { BeamTree, Found } from "./answers";
import { bundle, seed, show, text, told, useAnswer } from "./state";
import { Told } from "./Told";
import { laidOut, textTo, type Placed } from "./tree";
import { visible } from "./words";

const HEIGHT = 20;
const LONGEST = 10; // letters of a token

export function SearchView() {
  const { inside } = words.value;
  const beams = useSignal(3);
  const steps = useSignal(10);
  const temperature = useSignal(1);
  const fromText = useSignal(false);
  const dropped = useSignal(true);
  const way = useSignal<readonly number[] | null>(null);
  const writes = bundle.value?.task === "write";
  const body = bundle.value && {
    bundle: bundle.value.name,
    ...told(),
    opening: writes && fromText.value ? text.value : "",
    beams: beams.value,
    steps: steps.value,
    samples: 4,
    seed: seed.value,
    temperature: temperature.value,
  };
  const answer = useAnswer<BeamTree>("beam", body);
  const tree = answer.value;
  return (
    <section class="stack">
      <div class="panel inside-controls">
        <Slider label={inside.beams} range={[1, 8]} step={1} value={beams.value} shown={`${beams.value}`} onValue={(value) => (beams.value = value)} />
        <Slider label={inside.steps} range={[4, 32]} step={1} value={steps.value} shown={`${steps.value}`} onValue={(value) => (steps.value = value)} />
        <Slider
          label={inside.temperature}
          range={[0, 2]}
          step={0.1}
          value={temperature.value}
          shown={number(temperature.value, 1)}
          onValue={(value) => (temperature.value = value)}
        />
        <div class="stack inside-checks">
          {writes && (
            <label>
              <input type="checkbox" checked={fromText.value} onChange={(event) => (fromText.value = event.currentTarget.checked)} /> {inside.opening}
            </label>
          )}
          <label>
            <input type="checkbox" checked={dropped.value} onChange={(event) => (dropped.value = event.currentTarget.checked)} /> {inside.dropped}
          </label>
        </div>
      </div>
      <Told answer={answer} />
      {tree && (
        <>
          <Tree tree={tree} dropped={dropped.value} way={way.value ?? tree.found[0]?.nodes ?? []} />
          <div class="inside-two">
            <Targets title={inside.found} targets={tree.found} onWay={(nodes) => (way.value = nodes)} />
            <div class="stack">
              <Targets title={inside.drawn} targets={tree.samples} />
              <div>
                <button type="button" class="button" onClick={() => show({ seed: seed.value + 1 })}>
                  {inside.draw}
                </button>
              </div>
            </div>
          </div>
        </>
      )}
    </section>
  );
}

function Tree({ tree, dropped, way }: { tree: BeamTree; dropped: boolean; way: readonly number[] }) {
  const { inside } = words.value;
  const pointed = useSignal<number | null>(null);
  const { placed, columns, rows } = laidOut(tree.nodes, dropped);
  const at = pointed.value;
  const node = at === null ? null : tree.nodes[at];
  const letters = Math.max(1, ...placed.map((each) => Math.min(LONGEST, visible(each.node.text).length)));
  const wide = 38 + 7 * letters;
  const [width, height] = [columns * wide + 8, rows * HEIGHT + 8];
  const x = (each: Placed): number => each.column * wide + 8;
  const y = (each: Placed): number => each.row * HEIGHT + HEIGHT / 2 + 4;
  const edge = (each: Placed, parent: Placed): string => {
    const [from, to] = [x(parent) + wide - 17, x(each) - 3];
    return `M${from} ${y(parent)}C${from + 8} ${y(parent)} ${to - 8} ${y(each)} ${to} ${y(each)}`;
  };
  return (
    <figure class="panel inside-tree">
      <div class="heat-scroll" tabIndex={0} role="group" aria-label={inside.tree(placed.length)}>
        <svg width={width} height={height} role="img" aria-label={inside.tree(placed.length)}>
          {placed.map((each) => each.parent && <path key={each.number} class={way.includes(each.number) ? "way" : each.node.fate} d={edge(each, each.parent)} />)}
          {placed.map((each) => (
            <g
              key={each.number}
              class={way.includes(each.number) ? "way" : each.node.fate}
              transform={`translate(${x(each)} ${y(each)})`}
              onPointerEnter={() => (pointed.value = each.number)}
              onPointerLeave={() => (pointed.value = null)}
            >
              <rect x={-3} y={-8} width={wide - 14} height={17} rx={3} />
              <text y={4}>
                {clipped(visible(each.node.text))}
                {each.node.fate === "ended" ? " ■" : each.node.fate === "dropped" ? " ×" : ""}
              </text>
            </g>
          ))}
        </svg>
      </div>
      <figcaption class="faint" aria-live="off">
        {node && at !== null
          ? `${inside.node(`“${visible(textTo(tree.nodes, at))}”`, percent(Math.exp(node.log_probability)), inside.fates[node.fate] ?? "")} · ${inside.nats(number(node.total, 2))}`
          : inside.tree(placed.length)}
      </figcaption>
    </figure>
  );
}

function clipped(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function Targets({ title, targets, onWay }: { title: string; targets: readonly Found[]; onWay?: (nodes: readonly number[] | null) => void }) {
  const { inside } = words.value;
  return (
    <section class="stack">
      <h2>{title}</h2>
      <ol class="inside-targets">
        {targets.map((each, place) => {
          const said = `${inside.nats(number(each.log_probability, 2))}${each.score === null ? "" : ` · ${inside.score(number(each.score, 2))}`}`;
          const shown = `${each.text.trim()}${each.ended ? "" : inside.unfinished}`;
          return (
            <li key={place}>
              {onWay ? (
                <button
                  type="button"
                  class="quiet prose"
                  onClick={() => onWay(each.nodes)}
                  onPointerEnter={() => onWay(each.nodes)}
                  onFocus={() => onWay(each.nodes)}
                >
                  {shown}
                </button>
              ) : (
                <p class="prose">{shown}</p>
              )}
              <p class="faint">{said}</p>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

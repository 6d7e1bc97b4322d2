// Lines over a plane that turn back on themselves: a descent's way, curves of equal loss. A chart over an axis has no place
// for them, so they are drawn as they are.
import { useId } from "preact/hooks";
import { significant, told } from "../words";
import type { Lines, LineSeries } from "./types";

const [WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM] = [360, 300, 44, 14, 36];
const TICKS = 5;
const COLOURS = 8;
const QUIET = -1;

/** Whether some line goes back along x. */
export function turnsBack({ series }: Lines): boolean {
  return series.some(({ x }) => x.some((value, at) => at > 0 && value < (x[at - 1] ?? value)));
}

export function PathsPanel({ panel }: { panel: Lines }) {
  const points = panel.series.flatMap(({ x, y }) => x.map((value, at) => [value, y[at] ?? null] as const));
  const known = points.filter((point): point is readonly [number, number] => point[1] !== null);
  const [xs, ys] = [rangeOf(known.map((point) => point[0]), panel.x_range), rangeOf(known.map((point) => point[1]), panel.y_range)];
  const across = (value: number): number => LEFT + ((value - xs[0]) / (xs[1] - xs[0])) * (WIDTH - LEFT - RIGHT);
  const up = (value: number): number => (HEIGHT - BOTTOM) * (1 - (value - ys[0]) / (ys[1] - ys[0]));
  const frame = useId();
  const title = told(panel.title);
  const names = new Map(panel.series.map(({ label, style }) => [told(label), style]));
  return (
    <figure class="curves">
      <figcaption>{title}</figcaption>
      <svg class="paths" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={title}>
        {ticks(xs).map((value) => (
          <g key={`x${value}`}>
            <line class="grid" x1={across(value)} x2={across(value)} y1={0} y2={HEIGHT - BOTTOM} />
            <text x={across(value)} y={HEIGHT - BOTTOM + 14} text-anchor="middle">
              {significant(value)}
            </text>
          </g>
        ))}
        {ticks(ys).map((value) => (
          <g key={`y${value}`}>
            <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={up(value)} y2={up(value)} />
            <text x={LEFT - 6} y={up(value) + 4} text-anchor="end">
              {significant(value)}
            </text>
          </g>
        ))}
        <clipPath id={frame}>
          <rect x={LEFT} y={0} width={WIDTH - LEFT - RIGHT} height={HEIGHT - BOTTOM} />
        </clipPath>
        <g clip-path={`url(#${frame})`}>
          {panel.series.map((line, at) => (
            <Path key={at} line={line} across={across} up={up} />
          ))}
        </g>
        <text x={(LEFT + WIDTH) / 2} y={HEIGHT - 4} text-anchor="middle">
          {told(panel.x_label)}
        </text>
        <text x={10} y={(HEIGHT - BOTTOM) / 2} text-anchor="middle" transform={`rotate(-90 10 ${(HEIGHT - BOTTOM) / 2})`}>
          {told(panel.y_label)}
        </text>
      </svg>
      <p class="legend help">
        {[...names].map(([name, style]) => (
          <span key={name}>
            <span class={`stroke ${lookOf(style)}`} aria-hidden="true" /> {name}
          </span>
        ))}
      </p>
    </figure>
  );
}

function Path({ line: { x, y, style, marked }, across, up }: { line: LineSeries; across: (value: number) => number; up: (value: number) => number }) {
  const places = x.flatMap((value, at) => {
    const height = y[at];
    return height === null || height === undefined ? [] : [[across(value), up(height)] as const];
  });
  return (
    <g class={lookOf(style)}>
      <polyline points={places.map((place) => place.join(",")).join(" ")} />
      {marked && style !== QUIET && places.map(([left, top], at) => <circle key={at} cx={left} cy={top} r={1.8} />)}
    </g>
  );
}

function lookOf(style: number): string {
  return style === QUIET ? "line-quiet" : `line-${(style % COLOURS) + 1}`;
}

function rangeOf(values: readonly number[], fixed: readonly [number | null, number | null]): [number, number] {
  const [low, high] = values.reduce<[number, number]>(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  const air = (high - low) * 0.05 || 1;
  return [fixed[0] ?? low - air, fixed[1] ?? high + air];
}

/** Round values within a range, some five of them. */
export function ticks([low, high]: readonly [number, number]): number[] {
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough) ?? rough;
  const found: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high; at++) found.push(at * step || 0); // never -0
  return found;
}

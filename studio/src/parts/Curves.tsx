// Curves, by uPlot, in the colours of the page.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour, repainted } from "../shell/theme";

export interface Series {
  name: string;
  values: readonly (number | null)[];
  /** Drawn thin and dashed: what is only there to compare. */
  faint?: boolean;
}

export interface CurvesGiven {
  label: string;
  x: { label: string; values: readonly number[]; log?: boolean };
  y: { label: string; log?: boolean };
  series: readonly Series[];
  height?: number;
}

const LINES = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-7", "series-8"];
const DASHES = [[], [6, 3], [2, 3], [9, 3, 2, 3]];

export function Curves(given: CurvesGiven) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const { label, x, y, series, height = 220 } = given;
  const shape = [label, x.label, x.log, y.label, y.log, height, ...series.map((each) => each.name + each.faint), repainted.value].join("|");
  const data = [x.values as number[], ...series.map((each) => each.values as (number | null)[])] as uPlot.AlignedData;
  useEffect(() => {
    const box = place.current;
    if (!box) return;
    const made = new uPlot(options(given, box.clientWidth || 320, height), data, box);
    chart.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: box.clientWidth || 320, height }));
    watch.observe(box);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [shape]);
  useEffect(() => chart.current?.setData(data), [x.values, series]);
  return (
    <figure class="curves">
      <figcaption>{label}</figcaption>
      <div ref={place} role="img" aria-label={`${label}: ${series.map(lastOf).join("; ")}`} />
    </figure>
  );
}

/** What a curve comes to, for those who don't see it. */
function lastOf({ name, values }: Series): string {
  const last = values.findLast((value) => value !== null);
  return last === undefined || last === null ? name : `${name} ${last.toPrecision(3)}`;
}

function options({ x, y, series }: CurvesGiven, width: number, height: number): uPlot.Options {
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: colour("faint"), grid: { stroke: colour("rule"), width: 1 }, ticks: { stroke: colour("rule"), width: 1 }, font, labelFont: font };
  return {
    width,
    height,
    scales: {
      x: { time: false, ...(x.log ? { distr: 3 as const } : {}) },
      y: { ...(y.log ? { distr: 3 as const } : {}) },
    },
    axes: [
      { ...axis, label: x.label, labelSize: 18 },
      { ...axis, label: y.label, labelSize: 18, size: 56 },
    ],
    series: [
      { label: x.label },
      ...series.map((each, index) => ({
        label: each.name,
        stroke: colour(LINES[index % LINES.length] ?? "ink"),
        width: each.faint ? 1 : 2,
        dash: DASHES[Math.floor(index / LINES.length) % DASHES.length] ?? [],
        spanGaps: true,
        points: { show: (each.values as number[]).length < 12, size: 5 },
        value: (_: uPlot, value: number | null) => (value === null ? "" : value.toPrecision(4)),
      })),
    ],
    legend: { live: true },
    cursor: { y: false },
  };
}

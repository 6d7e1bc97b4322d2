// Curves, by uPlot, in the colours of the page.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./curves.css";
import { colour, repainted } from "../shell/theme";
import { number, percent, powerOfTen, significant } from "../words";

export interface Series {
  name: string;
  values: readonly (number | null)[];
  /** Drawn thin: what is only there to compare. */
  faint?: boolean;
  /** Equal numbers look alike in every picture; without one, by the place in the list. */
  style?: number;
}

/** A straight line across, at a value of an axis; its word stands at its beginning or its end, above or under it. */
export interface Mark {
  axis: "x" | "y";
  value: number;
  label: string;
  at: "beginning" | "end";
  under: boolean;
}

export interface CurvesGiven {
  label: string;
  x: { label: string; values: readonly number[]; log?: boolean };
  y: { label: string; log?: boolean; range?: readonly [number | null, number | null]; percent?: boolean };
  series: readonly Series[];
  marks?: readonly Mark[];
  height?: number;
}

const LINES = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-7", "series-8"];
/** So few points are shown one by one. */
const FEW = 12;
const DASHES = [[], [6, 3], [2, 3], [9, 3, 2, 3]];

export function Curves(given: CurvesGiven) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const { label, x, y, series, height = 220 } = given;
  const shape = [label, x.label, x.log, x.values.every(Number.isInteger), y.label, y.log, y.range, JSON.stringify(given.marks), height, ...series.map((each) => `${each.name}${each.faint}${each.style}`), repainted.value].join("|");
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
  return last === undefined || last === null ? name : `${name} ${significant(last)}`;
}

function options({ x, y, series, marks = [] }: CurvesGiven, width: number, height: number): uPlot.Options {
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: colour("faint"), grid: { stroke: colour("rule"), width: 1 }, ticks: { stroke: colour("rule"), width: 1 }, font, labelFont: font };
  return {
    width,
    height,
    scales: {
      x: { time: false, ...(x.log ? { distr: 3 as const } : {}) },
      y: { ...(y.log ? { distr: 3 as const } : {}), range: rangeOf(y.range ?? [null, null], y.log ?? false) },
    },
    axes: [
      { ...axis, label: x.label, labelSize: 18, ...(x.log ? POWERS : PLAIN), ...(x.values.every(Number.isInteger) ? { incrs: WHOLE } : {}) },
      {
        ...axis,
        label: y.label,
        labelSize: 18,
        size: 56,
        ...(y.log ? POWERS : PLAIN),
        ...(y.percent ? { values: (_: uPlot, ticks: number[]) => ticks.map((tick) => percent(tick)) } : {}),
      },
    ],
    series: [
      { label: x.label, value: shown },
      ...series.map((each, index) => ({
        label: each.name,
        ...look(each, index),
        spanGaps: true,
        points: { show: (chart: uPlot) => chart.data[0].length < FEW, size: 5 },
        value: shown,
      })),
    ],
    legend: { live: true },
    cursor: { y: false },
    hooks: { draw: [(chart) => marks.forEach((mark) => drawMark(chart, mark))] },
  };
}

/** Under the pointer; without one there is none. */
function shown(_: uPlot, value: number | null): string {
  return value === null ? "" : significant(value, 4);
}

function look({ faint, style }: Series, index: number): { stroke: string; width: number; dash: number[] } {
  const number = style ?? index;
  if (number < 0) return { stroke: colour("line"), width: 1, dash: [] };
  const dash = DASHES[Math.floor(number / LINES.length) % DASHES.length] ?? [];
  return { stroke: colour(LINES[number % LINES.length] ?? "ink"), width: faint ? 1 : 2, dash };
}

/** The ends of an axis: fixed ones, and where there is none, around the data with a little air. */
function rangeOf([low, high]: readonly [number | null, number | null], log: boolean): uPlot.Range.Function {
  return (_, least, most) => {
    if (least === null || most === null || !Number.isFinite(least) || !Number.isFinite(most)) return log ? [0.1, 1] : [0, 1];
    const [from, to] = log ? logRange(least, most) : [least - AIR * (most - least || 1), most + AIR * (most - least || 1)];
    return [low ?? from, high ?? to];
  };
}

const AIR = 0.05;
const MOST_POWERS = 7;

const PLAIN: Pick<uPlot.Axis, "values"> = { values: (_, ticks) => ticks.map((tick) => significant(tick, 6)) };
/** Steps from tick to tick where between two numbers there is none. */
const WHOLE = Array.from({ length: 28 }, (_, at) => ([1, 2, 5][at % 3] ?? 1) * 10 ** Math.floor(at / 3));

/** A logarithmic axis has a tick at powers of ten, and no more of them than can be read. */
const POWERS: Pick<uPlot.Axis, "splits" | "values" | "filter"> = {
  splits: (_, __, low, high) => {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    const step = Math.max(1, Math.ceil((last - first) / MOST_POWERS));
    return Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_none, at) => 10 ** (first + at * step));
  },
  filter: (_, splits) => splits,
  values: (_, splits) => splits.map(decade),
};

/** 0.01, 1, 100; beyond that 10⁻⁵. */
function decade(value: number): string {
  const power = Math.round(Math.log10(value));
  return Math.abs(power) <= 2 ? number(value, Math.max(0, -power)) : powerOfTen(power);
}

/** From one power of ten to another. */
function logRange(least: number, most: number): [number, number] {
  const from = 10 ** Math.floor(Math.log10(Math.max(least, Number.MIN_VALUE)));
  const to = 10 ** Math.ceil(Math.log10(Math.max(most, Number.MIN_VALUE)));
  return [from, to > from ? to : from * 10];
}

function drawMark({ ctx, bbox, valToPos }: uPlot, { axis, value, label, at: place, under }: Mark): void {
  const at = valToPos(value, axis, true);
  const ratio = window.devicePixelRatio || 1;
  const inside = axis === "x" ? at >= bbox.left && at <= bbox.left + bbox.width : at >= bbox.top && at <= bbox.top + bbox.height;
  if (!inside) return;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour("faint");
  ctx.lineWidth = ratio;
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.beginPath();
  if (axis === "x") {
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    const fits = at + 8 * ratio + ctx.measureText(label).width < bbox.left + bbox.width;
    [ctx.textAlign, ctx.textBaseline] = [fits ? "left" : "right", place === "end" ? "top" : "bottom"];
    ctx.fillText(label, at + (fits ? 4 : -4) * ratio, place === "end" ? bbox.top + 3 * ratio : bbox.top + bbox.height - 3 * ratio);
  } else {
    ctx.moveTo(bbox.left, at);
    ctx.lineTo(bbox.left + bbox.width, at);
    const far = place === "end";
    [ctx.textAlign, ctx.textBaseline] = [far ? "right" : "left", under ? "top" : "bottom"];
    ctx.fillText(label, far ? bbox.left + bbox.width - 4 * ratio : bbox.left + 4 * ratio, at + (under ? 4 : -4) * ratio);
  }
  ctx.stroke();
  ctx.restore();
}

// Curves of an experiment: each with an axis of its own, put together for uPlot.
import { Curves } from "../parts/Curves";
import { told } from "../words";
import type { Lines } from "./types";

const QUIET = -1;

export function LinesPanel({ panel }: { panel: Lines }) {
  const { values, series } = joined(panel);
  return (
    <Curves
      label={told(panel.title)}
      x={{ label: told(panel.x_label), values, log: panel.x_scale === "log" }}
      y={{ label: told(panel.y_label), log: panel.y_scale === "log", range: panel.y_range, percent: panel.per_cent }}
      series={series}
      marks={panel.marks.map((mark) => ({ ...mark, label: told(mark.label) }))}
      height={280}
    />
  );
}

/** The curves over all places that any of them has; a gap where one has none. */
export function joined({ series }: Lines): { values: number[]; series: { name: string; values: (number | null)[]; faint: boolean; style: number }[] } {
  const values = [...new Set(series.flatMap((each) => each.x))].sort((one, other) => one - other);
  return {
    values,
    series: series.map(({ label, x, y, style }) => {
      const known = new Map(x.map((place, at) => [place, y[at] ?? null]));
      return { name: told(label), values: values.map((place) => known.get(place) ?? null), faint: style === QUIET, style };
    }),
  };
}

// A matrix as colours, drawn on a canvas: a cell per number, columns under letters, rows that may be sorted.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { repainted } from "../shell/theme";
import { number, significant } from "../words";
import { currentScales } from "./colours";
import "./heat.css";

export interface HeatMapGiven {
  label: string;
  /** [rows][columns]. */
  values: readonly (readonly number[])[];
  /** Names of columns, shown above them: the letters that were read. */
  columns?: readonly string[];
  rows?: readonly string[];
  /** Values at the ends of the scale; else the largest there is. */
  range?: readonly [number, number] | null;
  diverging?: boolean;
  /** Indices of rows in the order in which they are shown. */
  order?: readonly number[];
  cell?: { width: number; height: number };
  /** Columns or rows that stand out. */
  marked?: { row?: number; column?: number };
  onPick?: (row: number, column: number) => void;
}

const CELL = { width: 14, height: 6 };

export function HeatMap(given: HeatMapGiven) {
  const { label, values, columns, rows, cell = CELL, marked, onPick } = given;
  const canvas = useRef<HTMLCanvasElement>(null);
  const pointed = useSignal<{ row: number; column: number } | null>(null);
  const order = given.order ?? values.map((_, row) => row);
  const width = values[0]?.length ?? 0;
  const paint = repainted.value;
  const [low, high] = endsOf(given);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, given, order, cell);
  }, [values, given.order, given.range, given.diverging, cell.width, cell.height, paint]);

  const cellOf = (event: { offsetX: number; offsetY: number }): { row: number; column: number } | null => {
    const column = Math.floor(event.offsetX / cell.width);
    const row = order[Math.floor(event.offsetY / cell.height)];
    return row === undefined || column < 0 || column >= width ? null : { row, column };
  };
  const at = pointed.value;
  const value = at && values[at.row]?.[at.column];
  const nameOf = (place: { row: number; column: number }): string =>
    [rows?.[place.row] ?? `${place.row + 1}`, columns?.[place.column] ?? `${place.column + 1}`].join(", ");
  return (
    <figure class="heat">
      <div class="heat-scroll" tabIndex={0} role="group" aria-label={label}>
        {columns && (
          <ol class="heat-columns" aria-hidden="true">
            {columns.map((name, column) => (
              <li key={column} class={marked?.column === column ? "marked" : undefined} style={{ width: `${cell.width}px` }}>
                {name}
              </li>
            ))}
          </ol>
        )}
        <div class="heat-body">
          <canvas
            ref={canvas}
            role="img"
            aria-label={label}
            onPointerMove={(event) => (pointed.value = cellOf(event))}
            onPointerLeave={() => (pointed.value = null)}
            onClick={(event) => {
              const found = cellOf(event);
              if (found) onPick?.(found.row, found.column);
            }}
          />
          {rows && cell.height >= 12 && (
            <ol class="heat-rows" aria-hidden="true">
              {order.map((row) => (
                <li key={row} class={marked?.row === row ? "marked" : undefined} style={{ height: `${cell.height}px` }}>
                  {rows[row]}
                </li>
              ))}
            </ol>
          )}
        </div>
      </div>
      <figcaption>
        {label}
        <span class="heat-scale">
          {significant(low, 2)} <span class={given.diverging ? "heat-ramp diverging" : "heat-ramp"} aria-hidden="true" /> {significant(high, 2)}
        </span>
        <output class="heat-value">{at && value !== undefined ? `${nameOf(at)}: ${number(value ?? 0, 3)}` : ""}</output>
      </figcaption>
    </figure>
  );
}

function draw(
  canvas: HTMLCanvasElement,
  given: HeatMapGiven,
  order: readonly number[],
  cell: { width: number; height: number },
): void {
  const { values, diverging = false } = given;
  const columns = values[0]?.length ?? 0;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(columns * cell.width * scale));
  canvas.height = Math.max(1, Math.round(order.length * cell.height * scale));
  canvas.style.width = `${columns * cell.width}px`;
  canvas.style.height = `${order.length * cell.height}px`;
  const context = canvas.getContext("2d");
  if (!context) return;
  const scales = currentScales();
  const [low, high] = endsOf(given);
  context.scale(scale, scale);
  order.forEach((row, place) => {
    (values[row] ?? []).forEach((value, column) => {
      const share = diverging ? value / (high || 1) : (value - low) / (high - low || 1);
      const [r, g, b] = (diverging ? scales.diverging : scales.sequential)(share);
      context.fillStyle = `rgb(${r} ${g} ${b})`;
      context.fillRect(column * cell.width, place * cell.height, cell.width, cell.height);
    });
  });
}

/** The values that have the full colours; of a scale with two, equally far from 0. */
function endsOf({ values, range, diverging = false }: HeatMapGiven): readonly [number, number] {
  const [low, high] = range ?? rangeOf(values, diverging);
  const largest = Math.max(Math.abs(low), Math.abs(high));
  return diverging ? [-largest, largest] : [low, high];
}

function rangeOf(values: readonly (readonly number[])[], diverging: boolean): [number, number] {
  let [low, high] = diverging ? [0, 0] : [Infinity, -Infinity];
  for (const row of values) {
    for (const value of row) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}

export const SORTINGS = ["given", "largest", "first", "similar"] as const;
export type Sorting = (typeof SORTINGS)[number];

/** Rows in the order of: the largest mean size, or where each is largest. */
export function sorted(values: readonly (readonly number[])[], by: Sorting): number[] {
  const rows = values.map((_, row) => row);
  const key = (row: number): number => {
    const numbers = values[row] ?? [];
    if (by === "largest") return -numbers.reduce((sum, value) => sum + Math.abs(value), 0);
    if (by === "first") return numbers.reduce((best, value, place) => (Math.abs(value) > Math.abs(numbers[best] ?? 0) ? place : best), 0);
    return row;
  };
  if (by === "similar") return chained(values);
  return rows.sort((one, other) => key(one) - key(other) || one - other);
}

/** Each row is followed by the one most like it (greedily, by cosine) among those left. */
function chained(values: readonly (readonly number[])[]): number[] {
  const norms = values.map((row) => Math.hypot(...row) || 1);
  const left = new Set(values.map((_, row) => row));
  const order: number[] = [];
  let current = 0;
  while (left.size > 0) {
    left.delete(current);
    order.push(current);
    let best = -Infinity;
    const from = current;
    for (const row of left) {
      const likeness = dot(values[from] ?? [], values[row] ?? []) / ((norms[from] ?? 1) * (norms[row] ?? 1));
      if (likeness > best) [best, current] = [likeness, row];
    }
  }
  return order;
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, place) => sum + value * (other[place] ?? 0), 0);
}

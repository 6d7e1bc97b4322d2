// What the server says of experiments; skaz/lab describes it.
import type { Bilingual } from "../api/types";

export type Value = number | string | boolean | null | (number | string)[] | Point[];
export type Point = [x: number, y: number, label: number];

export interface Parameter {
  name: string;
  kind: "integer" | "number" | "choice" | "integers" | "numbers" | "choices" | "points";
  /** The least and the greatest value, of an item; or the choices. */
  range: (number | string | null)[];
  default: Value;
  help: Bilingual;
  /** How many a list may have. */
  items: [number, number] | null;
}

export interface Experiment {
  name: string;
  title: Bilingual;
  question: Bilingual;
  method: Bilingual;
  parameters: Parameter[];
}

export interface LineSeries {
  label: Bilingual;
  x: number[];
  y: (number | null)[];
  style: number;
  marked: boolean;
}

export interface Lines {
  kind: "lines";
  title: Bilingual;
  x_label: Bilingual;
  y_label: Bilingual;
  series: LineSeries[];
  x_scale: "linear" | "log";
  y_scale: "linear" | "log";
  /** Of lines that turn back, what is shown of them. */
  x_range: [number | null, number | null];
  y_range: [number | null, number | null];
  per_cent: boolean;
  marks: { axis: "x" | "y"; value: number; label: Bilingual; at: "beginning" | "end"; under: boolean }[];
}

export interface Plane {
  kind: "plane";
  title: Bilingual;
  classes: { label: Bilingual; x: number[]; y: number[] }[];
  span: number;
  boundaries: { weights: [number, number]; bias: number; age: number; label: Bilingual }[];
  /** Rows from the lowest y up, from 0 to 1. */
  shares: number[][];
}

export type Panel = Lines | Plane;

export interface Report {
  experiment: string;
  done: number;
  finding: Bilingual | null;
  panels: Panel[];
}

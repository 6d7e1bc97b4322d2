// Matrices as the server packs them, and the orders in which a heat map shows a network's units.
import { sorted } from "../parts/HeatMap";
import type { PackedMatrix } from "./answers";

const LARGEST = 127;

/** [rows][columns]. */
export type Matrix = number[][];

export function unpacked({ rows, columns, scale, values }: PackedMatrix): Matrix {
  const bytes = Int8Array.from(atob(values), (letter) => letter.charCodeAt(0));
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => ((bytes[row * columns + column] ?? 0) / LARGEST) * scale),
  );
}

export function transposed(matrix: Matrix): Matrix {
  return (matrix[0] ?? []).map((_, column) => matrix.map((row) => row[column] ?? 0));
}

export const ORDERS = ["lively", "number", "slow", "first", "similar", "marked"] as const;
export type Order = (typeof ORDERS)[number];

/** The first `most` units of an order. `units` has a row a unit; `marked` is a column. */
export function ordered(units: Matrix, order: Order, most: number, marked: number): number[] {
  const numbers = units.map((_, unit) => unit);
  const by = (key: (row: number[]) => number, among = numbers): number[] => {
    const keys = new Map(among.map((unit) => [unit, key(units[unit] ?? [])]));
    return [...among].sort((one, other) => (keys.get(one) ?? 0) - (keys.get(other) ?? 0) || one - other);
  };
  const lively = by((row) => -spread(row));
  switch (order) {
    case "number":
      return numbers.slice(0, most);
    case "lively":
      return lively.slice(0, most);
    case "slow":
      // a unit that stands still says nothing: of the livelier half those that change least from token to token
      return by(restlessness, lively.slice(0, Math.max(1, Math.ceil(lively.length / 2)))).slice(0, most);
    case "marked":
      return by((row) => -(row[marked] ?? 0)).slice(0, most);
    default: {
      const chosen = lively.slice(0, most);
      return sorted(chosen.map((unit) => units[unit] ?? []), order).map((place) => chosen[place] ?? 0);
    }
  }
}

/** The standard deviation. */
export function spread(row: readonly number[]): number {
  const mean = row.reduce((sum, value) => sum + value, 0) / Math.max(row.length, 1);
  return Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(row.length, 1));
}

/** The mean step from token to token, in standard deviations. */
function restlessness(row: readonly number[]): number {
  const steps = row.slice(1).reduce((sum, value, place) => sum + Math.abs(value - (row[place] ?? 0)), 0);
  return steps / Math.max(row.length - 1, 1) / (spread(row) || 1e-9);
}

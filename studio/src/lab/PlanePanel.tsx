// A plane with two classes of points, and where the network draws the border between them; points may be moved.
import { useEffect, useRef } from "preact/hooks";
import { classScale, type Rgb } from "../parts/colours";
import { colour, repainted } from "../shell/theme";
import { number, told, words } from "../words";
import type { Plane, Point } from "./types";

interface Given {
  panel: Plane;
  /** Where points may be moved: what they are now, and how to say that they changed. */
  onPoints?: ((points: Point[]) => void) | undefined;
  /** The class of new points. */
  paint: number;
}

const SIDE = 320;

export function PlanePanel({ panel, onPoints, paint }: Given) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const title = told(panel.title);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, panel, onPoints === undefined);
  }, [panel, onPoints === undefined, repainted.value]);
  const points = pointsOf(panel);
  const { span } = panel;
  const named = new Map(panel.boundaries.map(({ label, age }) => [told(label), age]));
  const put = (place: number, point: Point | null): void => onPoints?.(points.flatMap((each, at) => (at === place ? (point ? [point] : []) : [each])));
  return (
    <figure class="plane">
      <figcaption>{title}</figcaption>
      <div class="plane-box">
        <canvas
          ref={canvas}
          role="img"
          aria-label={title}
          onClick={(event) => {
            const [x, y] = placeIn(event.currentTarget, event, span);
            onPoints?.([...points, [x, y, paint]]);
          }}
        />
        <span class="plane-y help">x₂</span>
        {onPoints &&
          points.map((point, place) => <Handle key={place} point={point} place={place} span={span} onPoint={(next) => put(place, next)} />)}
      </div>
      <p class="plane-x help">x₁</p>
      <p class="legend help">
        {panel.classes.map(({ label }, at) => (
          <span key={at}>
            <span class={`dot class-${at}`} aria-hidden="true" /> {told(label)}
          </span>
        ))}
        {[...named].map(([name, age]) => (
          <span key={name}>
            <span class={`stroke ${age === 1 ? "line-newest" : "line-quiet"}`} aria-hidden="true" /> {name}
          </span>
        ))}
      </p>
    </figure>
  );
}

export function pointsOf({ classes }: Plane): Point[] {
  return classes.flatMap(({ x, y }, label) => x.map<Point>((each, at) => [each, y[at] ?? 0, label]));
}

interface Handled {
  point: Point;
  place: number;
  span: number;
  onPoint: (point: Point | null) => void;
}

const STEP = 0.02;

function Handle({ point: [x, y, label], place, span, onPoint }: Handled) {
  const { lab } = words.value;
  const keep = (value: number): number => Math.max(-span, Math.min(span, Math.round(value * 100) / 100));
  const step = span * STEP;
  return (
    <button
      type="button"
      class={`handle class-${label}`}
      aria-label={lab.point(place + 1, number(x, 2), number(y, 2))}
      style={{ left: `${(50 * (x + span)) / span}%`, top: `${(50 * (span - y)) / span}%` }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const box = event.currentTarget.parentElement;
        if (!box) return;
        const [to, up] = placeIn(box, event, span);
        onPoint([keep(to), keep(up), label]);
      }}
      onDblClick={() => onPoint([x, y, 1 - label])}
      onKeyDown={(event) => {
        const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
        if (move) onPoint([keep(x + (move[0] ?? 0)), keep(y + (move[1] ?? 0)), label]);
        else if (event.key === "Enter" || event.key === " ") onPoint([x, y, 1 - label]);
        else if (event.key === "Delete" || event.key === "Backspace") onPoint(null);
        else return;
        event.preventDefault();
      }}
    />
  );
}

function placeIn(element: Element, { clientX, clientY }: MouseEvent, span: number): [number, number] {
  const box = element.getBoundingClientRect();
  const x = ((clientX - box.left) / box.width) * 2 * span - span;
  const y = span - ((clientY - box.top) / box.height) * 2 * span;
  return [Math.round(x * 100) / 100, Math.round(y * 100) / 100];
}

function draw(canvas: HTMLCanvasElement, panel: Plane, withPoints: boolean): void {
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.height = SIDE * scale;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(scale, scale);
  const { span } = panel;
  const at = (value: number): number => ((value + span) / (2 * span)) * SIDE;
  drawShares(context, panel.shares);
  for (const { weights, bias, age } of panel.boundaries) {
    context.strokeStyle = colour("ink");
    context.globalAlpha = 0.12 + 0.88 * age ** 3;
    context.lineWidth = age === 1 ? 2 : 1;
    drawBoundary(context, weights, bias, span, at);
  }
  context.globalAlpha = 1;
  if (!withPoints) return;
  for (const [x, y, label] of pointsOf(panel)) drawPoint(context, at(x), SIDE - at(y), label);
}

function drawShares(context: CanvasRenderingContext2D, shares: readonly (readonly number[])[]): void {
  const scale = classScale();
  const height = SIDE / Math.max(1, shares.length);
  shares.forEach((row, up) => {
    const width = SIDE / row.length;
    row.forEach((share, place) => {
      const [r, g, b]: Rgb = scale(1.2 * (share - 0.5));
      context.fillStyle = `rgb(${r} ${g} ${b})`;
      context.fillRect(place * width, SIDE - (up + 1) * height, width + 0.5, height + 0.5);
    });
  });
}

/** w·x + b = 0, from one edge of the square to another. */
function drawBoundary(context: CanvasRenderingContext2D, [a, b]: [number, number], bias: number, span: number, at: (value: number) => number): void {
  if (a === 0 && b === 0) return;
  const steep = Math.abs(a) > Math.abs(b);
  const ends = [-span, span].map((value) => (steep ? [-(b * value + bias) / a, value] : [value, -(a * value + bias) / b]));
  context.beginPath();
  for (const [x = 0, y = 0] of ends) context.lineTo(at(x), SIDE - at(y));
  context.stroke();
}

function drawPoint(context: CanvasRenderingContext2D, x: number, y: number, label: number): void {
  context.fillStyle = colour(`class-${label}`);
  context.strokeStyle = colour("paper");
  context.lineWidth = 1;
  context.beginPath();
  if (label) context.rect(x - 3.5, y - 3.5, 7, 7);
  else context.arc(x, y, 4, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}

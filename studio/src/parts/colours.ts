// Colours of numbers. Both scales are even to the eye (they run through OKLab), and begin at the paper.
import { colour } from "../shell/theme";

export type Rgb = [number, number, number];

/** #rgb, #rrggbb as numbers from 0 to 255. */
export function rgb(hex: string): Rgb {
  const digits = hex.replace("#", "");
  const wide = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  return [0, 2, 4].map((at) => parseInt(wide.slice(at, at + 2), 16) || 0) as Rgb;
}

export type Scale = (value: number) => Rgb;

/** From 0, the paper, to 1, the ink of the scale. */
export function sequential(paper: Rgb, ink: Rgb): Scale {
  return ramp(paper, ink);
}

/** From -1 over 0, the paper, to 1. */
export function diverging(negative: Rgb, paper: Rgb, positive: Rgb): Scale {
  const below = ramp(paper, negative);
  const above = ramp(paper, positive);
  return (value) => (value < 0 ? below(-value) : above(value));
}

/** The scales in the colours of the page as they are now. */
export function currentScales(): { sequential: Scale; diverging: Scale } {
  const [paper, positive, negative] = ["paper", "positive", "negative"].map((name) => rgb(colour(name)));
  if (!paper || !positive || !negative) throw new Error("colours.css has no colours");
  return { sequential: sequential(paper, positive), diverging: diverging(negative, paper, positive) };
}

/** From -1, class 0, over the paper to 1, class 1. */
export function classScale(): Scale {
  return diverging(rgb(colour("class-0")), rgb(colour("paper")), rgb(colour("class-1")));
}

const STEPS = 64;

function ramp(from: Rgb, to: Rgb): Scale {
  const [start, end] = [toOklab(from), toOklab(to)];
  const table = Array.from({ length: STEPS + 1 }, (_, step) =>
    fromOklab(start.map((value, axis) => value + ((end[axis] ?? 0) - value) * (step / STEPS)) as Rgb),
  );
  return (value) => table[Math.round(Math.max(0, Math.min(1, value || 0)) * STEPS)] ?? to;
}

// Björn Ottosson, "A perceptual color space for image processing" (2020).
function toOklab(colour: Rgb): Rgb {
  const [r, g, b] = colour.map((value) => linear(value / 255)) as Rgb;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: Rgb): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((value) => Math.round(255 * gamma(Math.max(0, Math.min(1, value))))) as Rgb;
}

function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function gamma(value: number): number {
  return value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055;
}

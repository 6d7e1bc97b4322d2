// Scrolling, as calmly as the person's system asks.

/** Smooth where motion is welcome. */
export function calmly(): ScrollBehavior {
  return matchMedia("(prefers-reduced-motion: no-preference)").matches ? "smooth" : "instant";
}

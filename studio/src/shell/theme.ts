// Light, dark, or what the system has.
import { effect, signal } from "@preact/signals";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
const KEPT = "skaz.theme";

export const theme = signal<Theme>(keptTheme());

/** Counts changes of what is seen, for canvases, which have to be drawn anew. */
export const repainted = signal(0);

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // a browser that keeps nothing starts with the system's
  }
}

function keptTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEPT);
    return THEMES.find((each) => each === kept) ?? "system";
  } catch {
    return "system";
  }
}

/** A colour of colours.css as it is now. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

if (typeof window !== "undefined") {
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
    repainted.value = repainted.peek() + 1;
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    repainted.value += 1;
  });
}

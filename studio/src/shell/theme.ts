// Light, dark, or what the system has.
import { computed, effect, signal } from "@preact/signals";

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

const systemIsDark = signal(false);
const isDark = computed(() => (theme.value === "system" ? systemIsDark.value : theme.value === "dark"));

/** A colour of colours.css as it is now. */
export function colour(name: string): string {
  const pair = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).match(/#\w+/g) ?? [];
  return pair[isDark.peek() ? 1 : 0] ?? pair[0] ?? "";
}

if (typeof window !== "undefined") {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  systemIsDark.value = system.matches;
  system.addEventListener("change", () => (systemIsDark.value = system.matches));
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
    void isDark.value;
    repainted.value = repainted.peek() + 1;
  });
}

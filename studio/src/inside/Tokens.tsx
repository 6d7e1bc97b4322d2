// A text of tokens, each on its shade; one of them may be chosen, by pointer or by arrow keys.
import { useRef } from "preact/hooks";
import { tokenAt, visible } from "./words";

export interface TokensGiven {
  label: string;
  texts: readonly string[];
  /** From 0, the paper, to 1; below 0 in the other colour. */
  shades: readonly number[];
  /** [first, end) of what is chosen. */
  chosen?: readonly [number, number] | null;
  /** Without it the text is only looked at. */
  onChoose?: (token: number) => void;
  /** Pointed at, or no longer. */
  onPoint?: (token: number | null) => void;
  describe?: (token: number) => string;
}

export function Tokens({ label, texts, shades, chosen, onChoose, onPoint, describe }: TokensGiven) {
  const box = useRef<HTMLParagraphElement>(null);
  const at = chosen?.[0] ?? 0;
  const choose = (token: number): void => {
    onChoose?.(token);
    box.current?.querySelectorAll<HTMLElement>("[data-token]")[token]?.focus();
  };
  const keys = (event: KeyboardEvent): void => {
    const target = tokenAt(event.key, chosen ?? [0, 1], texts.length);
    if (target === null) return;
    event.preventDefault();
    choose(target);
  };
  const isChosen = (token: number): boolean => !!chosen && token >= chosen[0] && token < chosen[1];
  return (
    <p ref={box} class="inside-tokens prose" role={onChoose ? "listbox" : "group"} aria-label={label} {...(onChoose ? { onKeyDown: keys, "aria-orientation": "horizontal" as const } : {})}>
      {texts.map((text, token) => {
        const shade = Math.max(-1, Math.min(1, shades[token] || 0));
        const interactive = onChoose
          ? {
              role: "option" as const,
              "aria-selected": isChosen(token),
              tabIndex: token === at ? 0 : -1,
              onClick: () => choose(token),
            }
          : {};
        return (
          <span
            key={token}
            data-token={token}
            class={`inside-token${shade < 0 ? " low" : ""}${isChosen(token) ? " chosen" : ""}${onChoose ? " can" : ""}`}
            style={{ "--shade": `${Math.round(Math.abs(shade) * 45)}%` }}
            title={describe?.(token)}
            aria-label={onChoose ? `${visible(text)}${describe ? `, ${describe(token)}` : ""}` : undefined}
            onPointerEnter={() => onPoint?.(token)}
            onPointerLeave={() => onPoint?.(null)}
            {...interactive}
          >
            {text}
          </span>
        );
      })}
    </p>
  );
}

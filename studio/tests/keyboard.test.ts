import { describe, expect, it } from "vitest";
import { matches } from "../src/shell/keyboard";

function press(key: string, code: string) {
  return { key, code, ctrlKey: true, metaKey: false, shiftKey: false, altKey: false };
}

describe("a letter", () => {
  it("is the one that the layout has", () => {
    expect(matches("Mod+Z", press("z", "KeyY"), false)).toBe(true); // QWERTZ
    expect(matches("Mod+Y", press("z", "KeyY"), false)).toBe(false);
    expect(matches("Mod+Z", press("z", "KeyW"), false)).toBe(true); // AZERTY
    expect(matches("Mod+Shift+Z", { ...press("Z", "KeyZ"), shiftKey: true }, false)).toBe(true);
  });

  it("is told by its place where the layout has none of ours", () => {
    expect(matches("Mod+Z", press("я", "KeyZ"), false)).toBe(true);
    expect(matches("Mod+Y", press("я", "KeyZ"), false)).toBe(false);
  });
});

// The texts that a model was trained on elsewhere: a bundle holds none, so the person gives them.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { ask } from "../api/client";
import { discard, textsGiven, upload } from "../api/texts";
import { failureOf, isToBeTold } from "../shell/notice";
import { words } from "../words";

export function GiveTexts({ bundle }: { bundle: string }) {
  const { shell } = words.value;
  const chooser = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  const trouble = useSignal<unknown>(null);
  const give = async (files: File[]): Promise<void> => {
    if (files.length === 0) return;
    [busy.value, trouble.value] = [true, null];
    let given: string | null = null;
    try {
      given = (await upload(files)).upload;
      await ask("POST", "/api/texts", { body: { bundle, upload: given } });
      textsGiven.value += 1;
    } catch (error) {
      if (isToBeTold(error)) trouble.value = error;
    } finally {
      busy.value = false;
      if (given !== null) void discard(given);
    }
  };
  return (
    <>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        onChange={({ currentTarget: chosen }) => {
          void give([...(chosen.files ?? [])]);
          chosen.value = "";
        }}
      />
      <button type="button" class="link" disabled={busy.value} onClick={() => chooser.current?.click()}>
        {busy.value ? shell.loading : shell.giveTexts}
      </button>
      {trouble.value !== null && <span role="alert"> {failureOf(trouble.value)}</span>}
    </>
  );
}

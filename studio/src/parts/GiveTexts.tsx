// The texts that a model was trained on elsewhere: a bundle holds none, so the person gives them.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { ask } from "../api/client";
import { discard, textsGiven, upload } from "../api/texts";
import { tellError } from "../shell/notice";
import { words } from "../words";

export function GiveTexts({ bundle }: { bundle: string }) {
  const { shell } = words.value;
  const chooser = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  const give = async (files: File[]): Promise<void> => {
    if (files.length === 0) return;
    busy.value = true;
    let given: string | null = null;
    try {
      given = await upload(files);
      await ask("POST", "/api/texts", { body: { bundle, upload: given } });
      textsGiven.value += 1;
    } catch (error) {
      tellError(error);
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
    </>
  );
}

// The list of keys.
import { useEffect, useRef } from "preact/hooks";
import { words } from "../words";
import { shortcuts, spelled } from "./keyboard";

export function Keys({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const { shell } = words.value;
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="keys-title" onClose={onClose}>
      <h2 id="keys-title">{shell.keysTitle}</h2>
      <dl class="keylist">
        {shortcuts().map(({ keys, label }) => (
          <div key={keys}>
            <dt>
              <kbd>{spelled(keys)}</kbd>
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button class="button">{shell.close}</button>
      </form>
    </dialog>
  );
}

// The frame: the header, one room at a time, and what is told in passing.
import "./shell.css"; // before the rooms' own styles
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { connected } from "../api/client";
import { loadFacts } from "../api/facts";
import { InsideRoom } from "../inside/InsideRoom";
import { LabRoom } from "../lab/LabRoom";
import { TrainRoom } from "../train/TrainRoom";
import { words } from "../words";
import { saveAsOneGoes } from "../write/saving";
import { WriteRoom } from "../write/WriteRoom";
import { Header } from "./Header";
import { useShortcuts } from "./keyboard";
import { Keys } from "./Keys";
import { notice } from "./notice";
import { go, place, ROOMS, type Room } from "./router";

const keysShown = signal(false);

export function App() {
  const { shell } = words.value;
  const { room } = place.value;
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(loadFacts, []);
  useEffect(saveAsOneGoes, []); // in every room: the model may go on writing while one is elsewhere
  useEffect(() => {
    document.title = `${shell.rooms[room]} · skaz`;
    if (!first.current) main.current?.focus(); // so that a screen reader begins with the room that was entered
    first.current = false;
  }, [room]);
  const openKeys = (): void => void (keysShown.value = true);
  useShortcuts([
    { keys: "?", label: shell.keysTitle, run: openKeys },
    ...ROOMS.map((each, index) => ({ keys: `Alt+${index + 1}`, label: shell.rooms[each], run: () => go(each), typing: true })),
  ]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        {shell.skip}
      </a>
      <Header onKeys={openKeys} />
      {!connected.value && (
        <p class="banner" role="alert">
          {shell.lost}
        </p>
      )}
      <main id="main" ref={main} tabIndex={-1} class={`room ${room}`} aria-label={shell.rooms[room]}>
        <RoomOf room={room} />
      </main>
      <div class="notices" role="status" aria-live="polite">
        {notice.value && <p class={notice.value.bad ? "notice bad" : "notice"}>{notice.value.text}</p>}
      </div>
      {keysShown.value && <Keys onClose={() => (keysShown.value = false)} />}
    </>
  );
}

function RoomOf({ room }: { room: Room }) {
  switch (room) {
    case "write":
      return <WriteRoom />;
    case "train":
      return <TrainRoom />;
    case "inside":
      return <InsideRoom />;
    case "lab":
      return <LabRoom />;
  }
}

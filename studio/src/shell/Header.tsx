// The line at the top: the rooms, the language, the colours, the keys.
import { LANGUAGES, choose, language, words } from "../words";
import { hashOf, place, ROOMS } from "./router";
import { chooseTheme, theme, THEMES } from "./theme";

export function Header({ onKeys }: { onKeys: () => void }) {
  const { shell } = words.value;
  return (
    <header class="header">
      <a class="mark" href="#/write">
        skaz
      </a>
      <nav class="rooms" aria-label="skaz">
        {ROOMS.map((room) => (
          <a
            key={room}
            href={hashOf({ room, rest: [], query: new URLSearchParams() })}
            aria-current={place.value.room === room ? "page" : undefined}
          >
            {shell.rooms[room]}
          </a>
        ))}
      </nav>
      <div class="corner">
        <select
          aria-label={shell.theme}
          value={theme.value}
          onChange={(event) => chooseTheme(THEMES[event.currentTarget.selectedIndex] ?? "system")}
        >
          {THEMES.map((each) => (
            <option key={each} value={each}>
              {shell.themes[each]}
            </option>
          ))}
        </select>
        <select
          aria-label={shell.language}
          value={language.value}
          onChange={(event) => choose(LANGUAGES[event.currentTarget.selectedIndex]?.language ?? "en")}
        >
          {LANGUAGES.map((each) => (
            <option key={each.language} value={each.language} lang={each.language}>
              {each.name}
            </option>
          ))}
        </select>
        <button type="button" class="quiet keys" onClick={onKeys} aria-haspopup="dialog">
          <span aria-hidden="true">?</span>
          <span class="hidden">{shell.keys}</span>
        </button>
      </div>
    </header>
  );
}

// Where the pages begin.
// first: the rooms' own styles come after them
import "./style/colours.css";
import "./style/elements.css";
import "./style/parts.css";
import { render } from "preact";
import { App } from "./shell/App";

const place = document.getElementById("app");
if (place) render(<App />, place);

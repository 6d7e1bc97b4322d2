// Where the pages begin.
import "./style.css"; // first: the rooms' own styles come after it
import { render } from "preact";
import { App } from "./shell/App";

const place = document.getElementById("app");
if (place) render(<App />, place);

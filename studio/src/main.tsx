// Where the pages begin.
import { render } from "preact";
import { App } from "./shell/App";
import "./style.css";

const place = document.getElementById("app");
if (place) render(<App />, place);

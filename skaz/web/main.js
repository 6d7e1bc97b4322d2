// Where the page begins. `skaz export --to web` writes this and all that it imports into the page, as one script.

import * as ort from "./onnxruntime/ort.wasm.bundle.min.mjs";
import { openPage } from "./page.js";
import { unpacked } from "./parts.js";

openPage(ort, JSON.parse(document.getElementById("facts").textContent), unpacked);

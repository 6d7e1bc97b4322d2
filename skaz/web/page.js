// The page: its fields, its buttons, and the story as it comes.

import { Engine, Ensemble } from "./engine.js";
import { LANGUAGE, label } from "./labels.js";
import { settingsOf, tell } from "./telling.js";
import { beginningOf, countWords, parsePlan } from "./text.js";
import { Tokenizer } from "./tokenizer.js";

const FRAME_MS = 16; // after so long the browser gets its turn, to paint and to hear a key
const SEEDS = 2 ** 31;

const one = (id) => document.getElementById(id);
const fields = Object.fromEntries(
  ["plan", "title", "opening", "temperature", "length", "seed"].map((name) => [name, one(name)]),
);

// The page as one opens it: `ort` is onnxruntime-web, `unpacked` gives a part that was packed into the page.
export async function openPage(ort, facts, unpacked) {
  translate();
  showFields(facts);
  followSliders(facts);
  one("manner").open = isWide();
  const desk = new Desk(facts);
  try {
    desk.begin(await openBundle(ort, facts, unpacked));
  } catch (error) {
    say(label.failed(error.message));
  }
}

async function openBundle(ort, facts, unpacked) {
  const [wasm, file] = await Promise.all(["wasm", "tokenizer"].map(unpacked));
  const tokenizer = new Tokenizer(JSON.parse(new TextDecoder().decode(file)), facts.specials);
  const engines = [];
  for (const { step, encoder } of facts.networks) {
    const graphs = await Promise.all([encoder ? unpacked(encoder) : null, unpacked(step)]);
    engines.push(await Engine.open(ort, wasm.buffer, ...graphs));
  }
  return { facts, tokenizer, engine: engines.length > 1 ? new Ensemble(engines) : engines[0] };
}

// What one person writes with: one story at a time.
class Desk {
  #facts;
  #bundle = null;
  #isWriting = false;
  #isHalted = false;

  constructor(facts) {
    this.#facts = facts;
    say(label.loading);
    one("request").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#write();
    });
    one("manner").addEventListener("invalid", () => (one("manner").open = true), true); // else nobody sees what is wrong
    one("stop").addEventListener("click", () => this.#halt());
    document.addEventListener("keydown", (event) => this.#heed(event));
  }

  begin(bundle) {
    this.#bundle = bundle;
    one("write").disabled = false;
    say(label.ready);
  }

  #heed(event) {
    if (event.key === "Escape") {
      this.#halt();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      one("request").requestSubmit();
    }
  }

  #halt() {
    this.#isHalted = true;
  }

  async #write() {
    if (this.#bundle === null || this.#isWriting) {
      return;
    }
    const wish = wishOf(this.#facts);
    this.#show(true);
    try {
      say(await this.#told(wish));
    } catch (error) {
      say(label.failed(error.message));
    }
    this.#show(false);
  }

  // Writes the story into the page; what to say of it at the end.
  async #told(wish) {
    const text = document.createTextNode(beginningOf(wish.opening));
    one("story").replaceChildren(text);
    let started = performance.now();
    let [tokens, painted, reason] = [0, started, "halted"];
    const telling = tell(this.#bundle, wish);
    for (let next = await telling.next(); !this.#isHalted; next = await telling.next()) {
      if (next.done) {
        reason = next.value;
        break;
      }
      text.appendData(next.value.text);
      if (next.value.token === null) {
        started = performance.now(); // what is read is not written
      } else {
        tokens += 1;
      }
      if (performance.now() - painted > FRAME_MS) {
        await turnOfTheBrowser();
        painted = performance.now();
      }
    }
    const speed = Math.round((1000 * tokens) / (performance.now() - started));
    const words = countWords(text.data);
    return `${label[reason === "length" ? "cut" : reason]} ${label.told({ words, speed, seed: wish.seed })}`;
  }

  #show(isWriting) {
    this.#isWriting = isWriting;
    this.#isHalted = false;
    one("story").setAttribute("aria-busy", String(isWriting));
    const hadFocus = document.activeElement === one(isWriting ? "write" : "stop");
    one("write").disabled = isWriting;
    one("stop").disabled = !isWriting;
    if (hadFocus) {
      one(isWriting ? "stop" : "write").focus({ preventScroll: true }); // a disabled button would drop it
    }
    if (isWriting) {
      say(label.writing);
      one("story-heading").scrollIntoView({ block: isWide() ? "nearest" : "start" });
    }
  }
}

function wishOf(facts) {
  const value = (name) => (facts.reads.includes(name) ? fields[name].value : "");
  const seed = fields.seed.value === "" ? Math.floor(Math.random() * SEEDS) : Math.abs(fields.seed.valueAsNumber);
  return {
    plan: parsePlan(value("plan")),
    title: value("title"),
    opening: value("opening"),
    length: fields.length.valueAsNumber || null,
    temperature: fields.temperature.dataset.chosen ? fields.temperature.valueAsNumber : null,
    seed: Math.trunc(seed) || 0,
  };
}

function translate() {
  document.documentElement.lang = LANGUAGE;
  for (const element of document.querySelectorAll("[data-label]")) {
    element.textContent = label[element.dataset.label];
  }
}

function showFields(facts) {
  for (const name of ["plan", "title", "opening"]) {
    one(`${name}-field`).hidden = !facts.reads.includes(name);
  }
}

// Each slider tells its value; until somebody moves it, the boldness is the usual one, which depends on the plan.
function followSliders(facts) {
  const number = new Intl.NumberFormat(LANGUAGE, { minimumFractionDigits: 2 });
  const showTemperature = () => {
    if (!fields.temperature.dataset.chosen) {
      fields.temperature.value = settingsOf(facts, wishOf(facts)).temperature;
    }
    one("temperature-value").textContent = number.format(fields.temperature.valueAsNumber);
  };
  const showLength = () => {
    const words = fields.length.valueAsNumber;
    const shown = words === 0 ? label.length_free : label.length_words(words);
    one("length-value").textContent = shown;
    fields.length.setAttribute("aria-valuetext", shown);
  };
  fields.temperature.addEventListener("input", () => {
    fields.temperature.dataset.chosen = "yes";
    showTemperature();
  });
  fields.plan.addEventListener("input", showTemperature);
  fields.length.addEventListener("input", showLength);
  if (facts.rules.usual_length !== null) {
    // it has met no end, and must be told where one shall be
    fields.length.min = fields.length.step;
    one("length-hint").textContent = label.length_hint_endless;
  }
  fields.length.value = facts.rules.usual_length ?? 0;
  showTemperature();
  showLength();
}

// Whether the story stands beside the form, as in style.css.
function isWide() {
  return window.matchMedia("(min-width: 52rem)").matches;
}

function say(text) {
  one("status").textContent = text;
}

// A message to oneself comes after what the browser has to do; timers would be held back.
function turnOfTheBrowser() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(null);
  });
}

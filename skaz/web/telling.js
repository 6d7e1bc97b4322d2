// A story in the making: skaz/tasks/writing.py and the row of skaz/decoding/row.py, without words that must or must
// not appear. `bundle` is { engine, tokenizer, facts }.

import { draw, filtered } from "./drawing.js";
import { Generator } from "./random.js";
import { firstSentence } from "./sentences.js";
import { endBias, isOverdue, mostTokens } from "./stopping.js";
import { TextStream, beginningOf, countWords, decodeBytes, planSpeller, strip } from "./text.js";

// What the encoder reads: <title> … <plan> item <next> item … <opening> …, or <none>.
export function composeSource({ tokenizer, facts }, wish) {
  const { ids } = facts;
  if (!facts.has_encoder) {
    return [ids.none];
  }
  const space = tokenizer.joinsSpaces ? " " : "";
  const spell = planSpeller(facts.plan_words);
  const items = wish.plan.map((item) => tokenizer.encode(space + spell(item)));
  const parts = [
    [ids.title, tokenizer.encode(strip(wish.title))],
    [ids.plan, items.flatMap((item, place) => (place === 0 ? item : [ids.next, ...item]))],
    [ids.opening, facts.shows_openings ? tokenizer.encode(firstSentence(wish.opening)) : []],
  ];
  const source = parts.flatMap(([mark, part]) => (part.length === 0 ? [] : [mark, ...part]));
  return source.length === 0 ? [ids.none] : source;
}

// Yields { token, text } as they come and returns why it ended: "end", "length" or "stopped". While it reads an opening
// it yields { token: null, text: "" }, so that whoever listens can leave. `wish` has plan (items), title, opening,
// length (words or null), temperature (null: the usual one) and seed.
export async function* tell(bundle, wish) {
  const { engine, tokenizer, facts } = bundle;
  const draft = new Draft(bundle, wish);
  const settings = settingsOf(facts, wish);
  const generator = new Generator(wish.seed);
  const stream = new TextStream();
  let { logits, state } = await engine.step(facts.ids.start, await engine.start(composeSource(bundle, wish)));
  for (const token of draft.prefix) {
    ({ logits, state } = await engine.step(token, state));
    yield { token: null, text: "" };
  }
  for (;;) {
    const scores = draft.allowed(logits);
    const token = scores.every((score) => score === -Infinity)
      ? facts.ids.end
      : draw(filtered(scores, settings), generator.next());
    if (token === facts.ids.end) {
      return "end";
    }
    draft.add(token);
    yield { token, text: stream.push(tokenizer.tokenBytes[token]) };
    const reason = draft.reasonToStop();
    if (reason !== null) {
      return reason;
    }
    ({ logits, state } = await engine.step(token, state));
  }
}

export function settingsOf(facts, wish) {
  const usual = wish.plan.length > 0 ? facts.settings.planned : facts.settings.free;
  return wish.temperature === null ? usual : { ...usual, temperature: wish.temperature };
}

// The tokens so far, and what they allow next.
class Draft {
  #facts;
  #tokenBytes;
  #length;
  #limit;
  #written = [];
  #sentenceEnds;
  #leaveWordOpen;
  #openWord;

  constructor({ tokenizer, facts }, wish) {
    const opening = beginningOf(wish.opening);
    this.prefix = opening === "" ? [] : tokenizer.encode(opening);
    this.#facts = facts;
    this.#tokenBytes = tokenizer.tokenBytes;
    this.#length = wish.length ?? facts.rules.usual_length;
    this.#limit = mostTokens(this.#length, facts.rules);
    this.#sentenceEnds = new Set(facts.sentence_ends);
    this.#leaveWordOpen = new Set(facts.leave_word_open);
    this.#openWord = new Set(facts.open_word);
  }

  add(token) {
    this.#written.push(token);
  }

  // The logits without what is never written; too early an end is allowed where nothing else is.
  allowed(logits) {
    const { ids, rules } = this.#facts;
    const scores = logits.slice();
    for (const token of this.#facts.never) {
      scores[token] = -Infinity;
    }
    if (this.#length !== null) {
      const early = scores[ids.end];
      const share = this.#share();
      const mayBreakOff = share > rules.latest && this.#runsOn() && !this.#isAmidWord(scores);
      scores[ids.end] += endBias(share, this.#isSentenceComplete(), mayBreakOff, rules);
      if (scores.every((score) => score === -Infinity)) {
        scores[ids.end] = early;
      }
    }
    return scores;
  }

  reasonToStop() {
    if (this.#length !== null && isOverdue(this.#share(), this.#isSentenceComplete(), this.#facts.rules)) {
      return "stopped";
    }
    return this.#written.length === this.#limit ? "length" : null;
  }

  // The share of the wanted length that is written.
  #share() {
    return countWords(decodeBytes(this.#written.map((token) => this.#tokenBytes[token]))) / this.#length;
  }

  // Whether what was written since the last whole sentence is too long to become one.
  #runsOn() {
    const tokens = [...this.prefix, ...this.#written];
    const open = tokens.slice(tokens.findLastIndex((token) => this.#sentenceEnds.has(token)) + 1);
    const text = decodeBytes(open.map((token) => this.#tokenBytes[token]));
    return [...text].length > this.#facts.rules.run_on_characters;
  }

  // Whether the likeliest token goes on with the word that was written last.
  #isAmidWord(scores) {
    const { end } = this.#facts.ids;
    const last = this.#last();
    if (last === undefined || !this.#leaveWordOpen.has(last)) {
      return false;
    }
    const likeliest = scores.reduce(
      (best, score, token) => (token !== end && (best < 0 || score > scores[best]) ? token : best),
      -1,
    );
    return this.#openWord.has(likeliest);
  }

  #last() {
    return this.#written.at(-1) ?? this.prefix.at(-1);
  }

  #isSentenceComplete() {
    const last = this.#last();
    return last !== undefined && this.#sentenceEnds.has(last);
  }
}

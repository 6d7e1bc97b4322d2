// Characters to token ids, as the bundle's tokenizer.json says; skaz/text/tokenizer.py is the model, and a test holds
// both equal. Tokens are spelt in GPT-2's alphabet, in which each byte of UTF-8 is one printable character.

export class Tokenizer {
  #model;
  #pretoken;
  #alphabet = byteAlphabet();

  // `specials`: how many ids come before the bytes'.
  constructor(file, specials) {
    this.#pretoken = pretokenPattern(file.pre_tokenizer.pretokenizers[0].pattern.Regex);
    this.#model = file.model.type === "BPE" ? new PairMerger(file.model) : new CheapestCut(file.model);
    const byteOf = new Map(this.#alphabet.map((character, byte) => [character, byte]));
    // The bytes that each token stands for; none for the special tokens, whose names are in plain letters.
    this.tokenBytes = this.#model.names.map((name, id) =>
      id < specials ? new Uint8Array(0) : Uint8Array.from(name, (character) => byteOf.get(character)),
    );
    // Whether words are tokens together with the space before them.
    this.joinsSpaces = this.tokenBytes.some((bytes) => bytes.length > 1 && bytes[0] === 0x20);
  }

  encode(text) {
    const words = text.match(this.#pretoken) ?? [];
    return words.flatMap((word) => this.#model.cut(this.#spelt(word)));
  }

  #spelt(word) {
    return Array.from(new TextEncoder().encode(word), (byte) => this.#alphabet[byte]).join("");
  }
}

// The file's pattern is Oniguruma's: there \s is the property White_Space, in JavaScript it is something else.
function pretokenPattern(regex) {
  return new RegExp(regex.replaceAll("\\s", "\\p{White_Space}").replaceAll("\\S", "\\P{White_Space}"), "gu");
}

// Byte-pair encoding: of all neighbours the pair with the lowest rank is joined, the leftmost first.
class PairMerger {
  #ranks;
  #ids;

  constructor(model) {
    this.#ids = new Map(Object.entries(model.vocab));
    this.#ranks = new Map(model.merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
    this.names = [];
    for (const [name, id] of this.#ids) {
      this.names[id] = name;
    }
  }

  cut(word) {
    const parts = [...word];
    for (let place = this.#best(parts); place >= 0; place = this.#best(parts)) {
      parts.splice(place, 2, parts[place] + parts[place + 1]);
    }
    return parts.map((part) => this.#ids.get(part));
  }

  #best(parts) {
    let best = -1;
    let lowest = Infinity;
    for (let place = 0; place + 1 < parts.length; place += 1) {
      const rank = this.#ranks.get(`${parts[place]} ${parts[place + 1]}`);
      if (rank < lowest) {
        [best, lowest] = [place, rank];
      }
    }
    return best;
  }
}

// A unigram model: the cut whose pieces' scores sum to the most; of equals the one whose last piece is the longest.
class CheapestCut {
  #scores;
  #ids;
  #longest;

  constructor(model) {
    this.names = model.vocab.map(([name]) => name);
    this.#scores = model.vocab.map(([, score]) => score);
    this.#ids = new Map(this.names.map((name, id) => [name, id]));
    this.#longest = this.names.reduce((longest, name) => Math.max(longest, name.length), 0);
  }

  cut(word) {
    const ends = Array.from({ length: word.length + 1 }, () => ({ score: 0, start: -1, id: -1 }));
    for (let start = 0; start < word.length; start += 1) {
      for (let end = start + 1; end <= Math.min(word.length, start + this.#longest); end += 1) {
        const id = this.#ids.get(word.slice(start, end));
        if (id === undefined) {
          continue;
        }
        const score = ends[start].score + this.#scores[id];
        if (ends[end].start < 0 || score > ends[end].score) {
          ends[end] = { score, start, id };
        }
      }
    }
    const ids = [];
    for (let end = word.length; end > 0; end = ends[end].start) {
      ids.push(ends[end].id);
    }
    return ids.reverse();
  }
}

function byteAlphabet() {
  const alphabet = [];
  let standIns = 0;
  for (let byte = 0; byte < 256; byte += 1) {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    alphabet.push(String.fromCharCode(printable ? byte : 0x100 + standIns));
    standIns += printable ? 0 : 1;
  }
  return alphabet;
}

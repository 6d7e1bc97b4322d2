// NumPy's default generator (PCG64, O'Neill 2014, begun by SeedSequence) as `skaz write` uses it for its first story:
// the same seed draws the same numbers here and there.

const WORD = 0xffffffffn;
const HALF = (1n << 64n) - 1n;
const WHOLE = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const POOL = 4;

export class Generator {
  #state = 0n;
  #increment;

  constructor(seed) {
    const [seedHigh, seedLow, streamHigh, streamLow] = seedWords(BigInt(seed));
    this.#increment = ((((streamHigh << 64n) | streamLow) << 1n) | 1n) & WHOLE;
    this.#step();
    this.#state = (this.#state + ((seedHigh << 64n) | seedLow)) & WHOLE;
    this.#step();
  }

  // Uniform in [0, 1).
  next() {
    this.#step();
    return Number(this.#output() >> 11n) / 2 ** 53;
  }

  #step() {
    this.#state = (this.#state * MULTIPLIER + this.#increment) & WHOLE;
  }

  #output() {
    const folded = (this.#state >> 64n) ^ (this.#state & HALF);
    const turn = this.#state >> 122n;
    return ((folded >> turn) | (folded << (64n - turn))) & HALF;
  }
}

// Four numbers of 64 bits out of SeedSequence(seed, spawn_key=(0,)).
function seedWords(seed) {
  const pool = mixedPool([...wordsOf(seed), 0]);
  const hash = hasher(0x8b51f9dd, 0x58f38ded);
  const words = Array.from({ length: 8 }, (_, place) => BigInt(hash(pool[place % POOL])));
  return [0, 2, 4, 6].map((place) => (words[place + 1] << 32n) | words[place]);
}

function wordsOf(seed) {
  const words = [];
  for (let rest = seed; rest > 0n || words.length < POOL; rest >>= 32n) {
    words.push(Number(rest & WORD));
  }
  return words;
}

function mixedPool(entropy) {
  const hash = hasher(0x43b0d7e5, 0x931e8875);
  const pool = entropy.slice(0, POOL).map(hash);
  const mixInto = (target, value) => {
    const mixed = (Math.imul(0xca01f9dd, pool[target]) - Math.imul(0x4973f715, hash(value))) >>> 0;
    pool[target] = (mixed ^ (mixed >>> 16)) >>> 0;
  };
  for (let source = 0; source < POOL; source += 1) {
    for (let target = 0; target < POOL; target += 1) {
      if (source !== target) {
        mixInto(target, pool[source]);
      }
    }
  }
  for (const value of entropy.slice(POOL)) {
    for (let target = 0; target < POOL; target += 1) {
      mixInto(target, value);
    }
  }
  return pool;
}

function hasher(start, multiplier) {
  let constant = start;
  return (value) => {
    const before = value ^ constant;
    constant = Math.imul(constant, multiplier);
    const hashed = Math.imul(before, constant);
    return (hashed ^ (hashed >>> 16)) >>> 0;
  };
}

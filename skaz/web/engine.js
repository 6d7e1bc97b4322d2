// Runs the bundle's two graphs in ONNX Runtime: skaz/engine/onnx_engine.py for one story. A state goes in and comes
// out, and is never changed in place.

const AFTER = "_after";
const LEAST = 2 ** -126; // the smallest normal number in 32 bits, so that no logarithm is infinite

export class Engine {
  #ort;
  #encoder;
  #step;
  #states;

  // `encoder` is null for a model that reads no source.
  static async open(ort, wasm, encoder, step) {
    ort.env.wasm.wasmBinary = wasm;
    ort.env.wasm.numThreads = 1; // more need a server that says the page is isolated
    const options = { executionProviders: ["wasm"], logSeverityLevel: 3 };
    const engine = new Engine();
    engine.#ort = ort;
    engine.#step = await ort.InferenceSession.create(step, options);
    engine.#encoder = encoder === null ? null : await ort.InferenceSession.create(encoder, options);
    engine.#states = engine.#step.outputNames
      .filter((name) => name.endsWith(AFTER))
      .map((name) => name.slice(0, -AFTER.length));
    return engine;
  }

  // The state after reading a source: the decoder's past, and the memory that it looks back at.
  async start(source) {
    if (this.#encoder === null) {
      return Object.fromEntries(this.#states.map((name) => [name, this.#nothing(name)]));
    }
    const made = await this.#encoder.run({
      sources_BS: this.#integers(source, [1, source.length]),
      lengths_B: this.#integers([source.length], [1]),
    });
    return Object.fromEntries(Object.entries(made).filter(([name]) => this.#step.inputNames.includes(name)));
  }

  // Feeds a token: the logits of the token after it, and the new state.
  async step(token, state) {
    const wanted = ["logits_BV", ...this.#states.map((name) => name + AFTER)];
    const traced = new this.#ort.Tensor("bool", Uint8Array.of(0), []);
    const made = await this.#step.run({ ...state, tokens_B: this.#integers([token], [1]), traced }, wanted);
    const after = Object.fromEntries(this.#states.map((name) => [name, made[name + AFTER]]));
    return { logits: new Float64Array(made.logits_BV.data), state: { ...state, ...after } };
  }

  #nothing(name) {
    const { shape } = this.#step.inputMetadata.find((input) => input.name === name);
    const [layers, , size] = shape;
    return new this.#ort.Tensor("float32", new Float32Array(layers * size), [layers, 1, size]);
  }

  #integers(values, shape) {
    return new this.#ort.Tensor("int64", BigInt64Array.from(values, BigInt), shape);
  }
}

// Several networks as one: the logarithm of their mean probabilities, as in skaz/engine/ensemble.py.
export class Ensemble {
  #engines;

  constructor(engines) {
    this.#engines = engines;
  }

  async start(source) {
    const states = [];
    for (const engine of this.#engines) {
      states.push(await engine.start(source)); // one after the other: the runtime has one thread
    }
    return states;
  }

  async step(token, states) {
    const after = [];
    const summed = [];
    for (const [number, engine] of this.#engines.entries()) {
      const { logits, state } = await engine.step(token, states[number]);
      addProbabilities(summed, logits);
      after.push(state);
    }
    const mean = (sum) => Math.fround(Math.log(Math.max(sum / this.#engines.length, LEAST)));
    return { logits: Float64Array.from(summed, mean), state: after };
  }
}

function addProbabilities(summed, logits) {
  const most = logits.reduce((left, right) => Math.max(left, right));
  const shares = logits.map((logit) => Math.exp(logit - most));
  const whole = shares.reduce((left, right) => left + right);
  shares.forEach((share, index) => (summed[index] = (summed[index] ?? 0) + share / whole));
}

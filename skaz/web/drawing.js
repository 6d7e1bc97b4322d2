// How a token is drawn: skaz/decoding/{numerics,filters,settings}.py, as far as `skaz write` goes by itself. Scores
// are Float64Arrays; no function changes its argument.

export function logSumExp(scores) {
  const highest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  if (Number.isNaN(highest) || highest === Infinity) {
    throw new Error("the model returned no number among its logits");
  }
  if (highest === -Infinity) {
    return highest;
  }
  return highest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - highest), 0));
}

export function softmax(scores) {
  const total = logSumExp(scores);
  return scores.map((score) => Math.exp(score - total));
}

// The nucleus: the smallest set of the likeliest whose probabilities reach the mass (of equals the lower id).
export function topP(scores, mass) {
  if (mass === null || mass >= 1) {
    return scores;
  }
  const probabilities = softmax(scores);
  // All those below this share have less than 1 - mass together, so the set is among the others, which are few.
  const share = (1 - mass) / scores.length;
  const likely = placesWhere(probabilities, (probability) => probability >= share);
  likely.sort((one, other) => probabilities[other] - probabilities[one] || one - other);
  const kept = new Float64Array(scores.length).fill(-Infinity);
  let reached = 0;
  for (const token of likely) {
    if (reached >= mass) {
      break;
    }
    kept[token] = scores[token];
    reached += probabilities[token];
  }
  return kept;
}

// p_i ∝ exp(x_i / T); T = 0 keeps the best alone.
export function temperature(scores, degree) {
  const best = likeliest(scores);
  if (degree === 0) {
    return scores.map((score, token) => (token === best ? score : -Infinity));
  }
  return scores.map((score) => (score - scores[best]) / degree);
}

// What may be drawn is judged by the model's own distribution, so the temperature comes last.
export function filtered(scores, settings) {
  const judged = settings.temperature > 0 ? topP(scores, settings.top_p) : scores;
  return temperature(judged, settings.temperature);
}

// A token, each with the probability that its score says; `chance` is uniform in [0, 1).
export function draw(scores, chance) {
  const candidates = placesWhere(scores, (score) => score !== -Infinity);
  let total = 0;
  const cumulated = softmax(Float64Array.from(candidates, (token) => scores[token])).map((each) => (total += each));
  const place = cumulated.findIndex((reached) => reached > chance * total);
  return candidates[place < 0 ? candidates.length - 1 : place];
}

function placesWhere(values, holds) {
  const places = [];
  for (let place = 0; place < values.length; place += 1) {
    if (holds(values[place])) {
      places.push(place);
    }
  }
  return places;
}

function likeliest(scores) {
  return scores.reduce((best, score, token) => (score > scores[best] ? token : best), 0);
}

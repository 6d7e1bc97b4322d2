// When a story ends: skaz/decoding/stopping.py and the limits of skaz/tasks/writing.py. `rules` are its numbers.

// A limit on tokens that no well-behaved story reaches; `length` in words, null where none is wanted.
export function mostTokens(length, rules) {
  if (length === null) {
    return rules.most_tokens;
  }
  return Math.max(64, Math.trunc(2 * length * rules.characters_per_word * rules.tokens_per_character));
}

// What to add to the end token's score: minus infinity too early, ever more after the wanted length, also within a
// sentence that runs on.
export function endBias(share, sentenceComplete, runsOn, rules) {
  if (share < rules.earliest) {
    return -Infinity;
  }
  if (share > 1 && (sentenceComplete || (share > rules.latest && runsOn))) {
    return (rules.encouragement_nats * (share - 1)) / (rules.latest - 1);
  }
  return 0;
}

// Whether the story must stop here: a sentence is complete and the wanted length well past.
export function isOverdue(share, sentenceComplete, rules) {
  return share >= rules.latest && sentenceComplete;
}

/** @module What was probably meant: the nearest of the words there are, for every message that refuses a wrong one. */

/** The candidate that takes the fewest edits (insert, delete, replace a letter, reorder its parts); undefined if even that takes more than a third of the word. Of equally near ones the one that begins most like the word. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(2, Math.floor(word.length / 3));
  let longestPrefix = -1;
  for (const candidate of candidates) {
    // `max.lag.time` for `lag.time.max`: the right parts in another order are one edit.
    const edits = Math.min(editDistance(word.toLowerCase(), candidate.toLowerCase()), 1 + editDistance(reordered(word), reordered(candidate)));
    const prefix = sharedPrefix(word.toLowerCase(), candidate.toLowerCase());
    if (edits > fewest || (edits === fewest && prefix <= longestPrefix)) continue;
    fewest = edits;
    longestPrefix = prefix;
    best = candidate;
  }
  return best;
}

function reordered(word: string): string {
  return word.toLowerCase().split(/[._-]/).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join('.');
}

/** How many letters both begin with. */
function sharedPrefix(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

/** Levenshtein's distance, one row of the table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}

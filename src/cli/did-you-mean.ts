/** Suggestions for misspelled words. */
import leven from 'leven';

const MAX_SUGGESTIONS = 3;

const normalized = (word: string): string => word.toLowerCase().replaceAll(/[^a-z0-9.]/g, '');

/** Returns up to 3 candidates with a similar spelling, the closest first. */
export function similarWords(word: string, candidates: readonly string[]): string[] {
  const wanted = normalized(word).slice(0, 64);
  const most = Math.max(1, Math.floor(wanted.length / 3));
  return candidates
    .map((candidate) => ({ candidate, edits: editsBetween(wanted, normalized(candidate)) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits || a.candidate.length - b.candidate.length)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ candidate }) => candidate);
}

// A word also matches the last part of a field's path: `learningrate` is close to `optimizer.learningRate`.
const editsBetween = (word: string, candidate: string): number =>
  Math.min(edits(word, candidate), edits(word, candidate.slice(candidate.lastIndexOf('.') + 1)));

/** Returns the Levenshtein distance; 1 for letters in another order, as `sdg` for `sgd`. */
function edits(a: string, b: string): number {
  const sorted = (text: string): string => [...text].sort().join('');
  return a !== b && sorted(a) === sorted(b) ? 1 : leven(a, b);
}

/** Returns `Did you mean a or b?`; undefined without suggestions. */
export const didYouMean = (word: string, candidates: readonly string[]): string | undefined => {
  const found = similarWords(word, candidates);
  return found.length === 0 ? undefined : `Did you mean ${found.join(' or ')}?`;
};

/** Suggestions for misspelled words. */
import leven from 'leven';

/** Maximum number of suggestions in one message. */
export const MAX_SUGGESTIONS = 3;
/** Longest part of a word that is compared, in characters. */
const MAX_LENGTH = 64;

/** Returns a name without case and separators. */
export const normalized = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** Maximum number of edits of a misspelled name: 1 for up to four letters, 2 for up to eight, then a third of them. */
const mostEdits = (length: number): number => (length <= 4 ? 1 : Math.max(2, Math.floor(length / 3)));

/** Returns the Levenshtein distance; 1 for letters in another order, as `sdg` for `sgd`. */
function editsBetween(a: string, b: string): number {
  const sorted = (text: string): string => [...text].sort().join('');
  return a !== b && sorted(a) === sorted(b) ? 1 : leven(a, b);
}

/** Returns the edits from a word to a candidate, or to the last part of a path: `learningrate` is close to `optimizer.learningRate`. */
function editsTo(word: string, candidate: string): number {
  const forms = [candidate, candidate.slice(candidate.lastIndexOf('.') + 1)].map(normalized);
  const edits = forms.map((form) => ({ form, edits: editsBetween(word, form) }));
  return Math.min(...edits.map(({ form, edits }) => (edits < form.length ? edits : Number.POSITIVE_INFINITY)));
}

/** Returns up to 3 candidates whose spelling is closest to a word, ignoring case and separators; none if all are far. */
export function nearest(word: string, candidates: readonly string[]): string[] {
  const wanted = normalized(word).slice(0, MAX_LENGTH);
  const near = candidates
    .map((candidate) => ({ candidate, edits: editsTo(wanted, candidate) }))
    .filter(({ edits }) => edits <= mostEdits(wanted.length))
    .sort((a, b) => a.edits - b.edits || a.candidate.length - b.candidate.length);
  const [best] = near;
  return near
    .filter(({ edits }) => edits <= (best?.edits ?? 0) + 1)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ candidate }) => candidate);
}

/** Returns `Did you mean a or b?`; undefined without suggestions. */
export const didYouMean = (suggestions: readonly string[]): string | undefined =>
  suggestions.length === 0 ? undefined : `Did you mean ${suggestions.join(' or ')}?`;

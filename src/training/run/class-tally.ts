/** Scores of a classifier that need the answers for each class: macro-F1, balanced accuracy and top-5 accuracy. */

/** Number of answers that count for the top-5 accuracy. With fewer than 6 classes every image would be correct. */
const TOP = 5;

/** Shares from 0 to 1. `top5Accuracy` is present with 6 classes or more. */
export type ClassTallyResult = Readonly<{ macroF1: number; balancedAccuracy: number; top5Accuracy?: number }>;

/**
 * Counts answers of each class. A class without images and answers has no influence. Equal to scikit-learn's `f1_score(average="macro")`,
 * `balanced_accuracy_score` and `top_k_accuracy_score(k=5)`.
 */
export function createClassTally(classes: number) {
  const [correct, support, answered] = [0, 1, 2].map(() => new Float64Array(classes)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let amongTop = 0;
  return {
    /** Adds images: N × classes logits and N class indices. */
    add(logits: Float32Array, labels: Int32Array | Uint8Array | Uint16Array): void {
      for (const [image, label] of labels.entries()) {
        const row = logits.subarray(image * classes, (image + 1) * classes);
        const answer = largestIn(row);
        support[label] = (support[label] ?? 0) + 1;
        answered[answer] = (answered[answer] ?? 0) + 1;
        if (answer === label) correct[label] = (correct[label] ?? 0) + 1;
        if (rankOf(label, row) < TOP) amongTop += 1;
      }
    },
    result(): ClassTallyResult {
      const counts = Array.from(correct, (right, index) => ({
        right,
        images: support[index] ?? 0,
        answers: answered[index] ?? 0,
      }));
      const known = counts.filter(({ images, answers }) => images + answers > 0);
      const withImages = counts.filter(({ images }) => images > 0);
      const images = withImages.reduce((sum, each) => sum + each.images, 0);
      return {
        macroF1: meanOf(known.map((each) => (2 * each.right) / (each.images + each.answers))),
        balancedAccuracy: meanOf(withImages.map((each) => each.right / each.images)),
        ...(classes > TOP && { top5Accuracy: amongTop / images }),
      };
    },
  };
}

/** Returns the index of the largest number; of equal ones, the first. */
function largestIn(row: Float32Array): number {
  let largest = 0;
  for (let index = 1; index < row.length; index++) {
    if ((row[index] as number) > (row[largest] as number)) largest = index;
  }
  return largest;
}

/** Returns how many classes come before this one by their logits; of equal ones, the first comes first. */
function rankOf(label: number, row: Float32Array): number {
  const own = row[label] as number;
  return row.reduce((rank, value, index) => (value > own || (value === own && index < label) ? rank + 1 : rank), 0);
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

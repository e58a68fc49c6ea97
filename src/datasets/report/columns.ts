/** Columns of numbers that grow: a million images need megabytes, not a million objects. */

type Numbers = Uint8Array | Uint16Array | Uint32Array;

export type Column<Values extends Numbers> = Readonly<{
  /** Appends numbers. */
  push(...numbers: number[]): void;
  append(numbers: ArrayLike<number>): void;
  /** Returns a view of all numbers, valid until the next one is appended. */
  values(): Values;
}>;

const FIRST_LENGTH = 1_024;

/** Returns an empty column of arrays that `make` creates. */
export function createColumn<Values extends Numbers>(make: (length: number) => Values): Column<Values> {
  let values = make(FIRST_LENGTH);
  let length = 0;

  function grow(by: number): void {
    if (length + by <= values.length) return;
    const larger = make(Math.max(length + by, 2 * values.length));
    larger.set(values);
    values = larger;
  }

  return {
    push(...numbers) {
      grow(numbers.length);
      for (const number of numbers) values[length++] = number;
    },
    append(numbers) {
      grow(numbers.length);
      values.set(numbers, length);
      length += numbers.length;
    },
    values: () => values.subarray(0, length) as Values,
  };
}

/** Numbers of float32 tensors in JSON. */

/** Rounds to nine significant digits, which identify every float32. */
export const toJsonNumber = (value: number): number => Number(value.toPrecision(9));

/** Numbers of float32 tensors in JSON. */

/** The nine digits that tell every float32 apart, without those that it has as a double beside. */
export const toJsonNumber = (value: number): number => Number(value.toPrecision(9));

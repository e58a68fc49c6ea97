/** Short forms of objects with a name: `"sgd"` means `{"name": "sgd"}`. */

/** Returns the object for an option that may be given by its name alone. */
export const fromShortForm = <Choice extends string | object>(
  choice: Choice,
): Exclude<Choice, string> | Readonly<{ name: Extract<Choice, string> }> =>
  typeof choice === 'string' ? { name: choice as Extract<Choice, string> } : (choice as Exclude<Choice, string>);

/** Names as part of a sentence. */

const NAMES_SHOWN = 3;

/** Joins the first 3 names, and says how many more there are: `red, green and 4 more`. */
export function listed(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  const parts = [...names.slice(0, NAMES_SHOWN), ...(more > 0 ? [`${more} more`] : [])];
  const last = parts.pop() ?? '';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

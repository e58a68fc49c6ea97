/** Colours of data series: eight, readable for colour-blind people, and stable for an id. */

const COLORS = 8;

/** Returns a number for an id (FNV-1a). */
function hash(id: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) value = Math.imul(value ^ id.charCodeAt(index), 0x01000193);
  return value >>> 0;
}

/**
 * Returns a CSS colour for each id. An id keeps its colour on every page, unless two of the ids would have the same; then the later in
 * the order of ids takes the next free one.
 */
export function seriesColors(ids: readonly string[]): Map<string, string> {
  const taken = new Set<number>();
  const colors = new Map<string, string>();
  for (const id of [...new Set(ids)].sort()) {
    let slot = hash(id) % COLORS;
    while (taken.size < COLORS && taken.has(slot)) slot = (slot + 1) % COLORS;
    taken.add(slot);
    colors.set(id, `var(--series-${slot + 1})`);
  }
  return colors;
}

/** Colour number `index` for a fixed set of series, such as train, validation and test. */
export const seriesColor = (index: number): string => `var(--series-${(index % COLORS) + 1})`;

/** Returns a CSS colour as canvas takes it, in the present theme. */
export function resolveColor(color: string, within: Element): string {
  const probe = document.createElement('span');
  probe.style.color = color;
  within.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

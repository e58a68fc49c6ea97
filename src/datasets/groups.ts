/** Groups of images that belong together, such as photos of one patient: no group may be in two splits. */
import { Script } from 'node:vm';
import { isGroupPattern } from '../contracts/datasets/dataset.js';
import { type FieldError, TrainyardError } from '../errors/errors.js';
import type { Placed } from './placed-image.js';
import { refuse } from './refuse.js';

type Paths = Readonly<{ path: string }>;

/** Time that a pattern may take on all paths, in ms: a bad pattern backtracks without end. */
const PATTERN_MS = 5_000;
const MATCH = new Script(`
  const expression = new RegExp(pattern, 'u');
  paths.map((path) => expression.exec(path)?.[1] ?? '');
`);

/**
 * Gives each image its group by a pattern, and checks that each image has one. The pattern is matched against the file name, or against
 * the path if it contains a slash. Without a pattern, groups come from the manifest. Throws `invalid_dataset`.
 */
export function withGroups<Image extends Paths>(
  placed: readonly Placed<Image>[],
  groups: string | undefined,
): readonly Placed<Image>[] {
  const isPattern = groups !== undefined && isGroupPattern(groups);
  const found = isPattern ? byPattern(placed, groups) : placed;
  const without = found.filter(({ group }) => group === undefined);
  if (without.length === found.length && groups === undefined) return found;
  if (without.length > 0) {
    const message = isPattern ? 'has no group: the pattern of `groups` does not match' : 'has no group';
    throw refuse(without.map(({ pointer }) => ({ pointer, message })));
  }
  const faults = [...dividedGroups(found)];
  if (faults.length > 0) throw refuse(faults);
  return found;
}

function byPattern<Image extends Paths>(placed: readonly Placed<Image>[], pattern: string): Placed<Image>[] {
  const texts = placed.map(({ image: { path } }) => (pattern.includes('/') ? path : (path.split('/').at(-1) ?? '')));
  let groups: string[];
  try {
    groups = MATCH.runInNewContext({ pattern, paths: texts }, { timeout: PATTERN_MS });
  } catch (cause) {
    const message = `takes more than ${PATTERN_MS / 1000} s on the paths of the archive. Avoid nested repetitions such as (a+)+`;
    throw new TrainyardError('invalid_dataset', `?groups ${message}.`, {
      ...{ cause, errors: [{ pointer: '?groups', message }] },
    });
  }
  return placed.map((each, index) => {
    const group = groups[index];
    return group === undefined || group === '' ? each : { ...each, group };
  });
}

/** Yields a fault for each group that the archive puts into several splits. */
function* dividedGroups<Image extends Paths>(placed: readonly Placed<Image>[]): Generator<FieldError> {
  const first = new Map<string, Placed<Image>>();
  const divided = new Set<string>();
  for (const each of placed) {
    const { group = '', role = 'train', pointer, image } = each;
    const other = first.get(group);
    if (other === undefined) first.set(group, each);
    else if ((other.role ?? 'train') !== role && !divided.has(group)) {
      divided.add(group);
      yield {
        pointer,
        message: `puts the group ${group.slice(0, 100)} into two splits: ${image.path} is in ${role}, and ${other.image.path} in ${other.role ?? 'train'}`,
      };
    }
  }
}

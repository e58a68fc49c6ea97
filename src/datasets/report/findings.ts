/** Findings of a report: what is wrong with the data, in sentences, the most important first. */
import type { DatasetReport, Finding } from '../../contracts/datasets/dataset-report.js';

type Known = Omit<DatasetReport, 'findings'>;
type Level = Finding['level'];

/** Ratio of the largest to the smallest class from which a finding says so, and from which it warns. */
const UNEVEN = 3;
const VERY_UNEVEN = 10;
/** Share of enlarged images from which a finding says so. */
const MANY_ENLARGED = 0.5;

const LEVELS: readonly Level[] = ['serious', 'warning', 'note'];

/** Returns the findings of a report. */
export function findingsOf(known: Known): Finding[] {
  return [...allFindings(known)]
    .filter(({ images }) => images > 0)
    .sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}

const finding = (level: Level, code: Finding['code'], images: number, message: string): Finding => ({
  ...{ code, level, message, images },
});

function* allFindings(known: Known): Generator<Finding> {
  yield* leakFindings(known);
  yield* conflictFindings(known);
  yield* blankFindings(known);
  yield* otherFindings(known);
}

function* leakFindings({ name, same, near }: Known): Generator<Finding> {
  const [test, validation] = [same?.leakedTest ?? 0, same?.leakedValidation ?? 0];
  const [nearTest, nearValidation] = [near?.leakedTest ?? 0, near?.leakedValidation ?? 0];
  const sameList = listOf(name, 'kind=leak');
  const nearList = listOf(name, 'match=near&kind=leak');
  const pixels = (count: number) => (count === 1 ? 'has' : 'have');
  yield finding(
    ...(['serious', 'leaks', test] as const),
    `${images(test, 'test')} ${pixels(test)} the same pixels as training or validation images, so the test score will be too good. ${sameList}`,
  );
  yield finding(
    ...(['serious', 'leaks', validation] as const),
    `${images(validation, 'validation')} ${pixels(validation)} the same pixels as training images, so the validation score will be too good. ${sameList}`,
  );
  yield finding(
    ...(['serious', 'near-leaks', nearTest] as const),
    `${images(nearTest, 'test')} nearly ${nearTest === 1 ? 'equals' : 'equal'} training or validation images, so the test score may be too good. ${nearList}`,
  );
  yield finding(
    ...(['serious', 'near-leaks', nearValidation] as const),
    `${images(nearValidation, 'validation')} nearly ${nearValidation === 1 ? 'equals' : 'equal'} training images, so the validation score may be too good. ${nearList}`,
  );
}

function* conflictFindings({ name, same, near }: Known): Generator<Finding> {
  const [conflicts, likely] = [same?.conflicts ?? 0, near?.conflicts ?? 0];
  yield finding(
    ...(['serious', 'conflicts', conflicts] as const),
    `${conflicts} ${conflicts === 1 ? 'image occurs' : 'images occur'} in several classes with the same pixels, so at least one class of each is wrong. ${listOf(name, 'kind=conflict')}`,
  );
  yield finding(
    ...(['warning', 'near-conflicts', likely] as const),
    `${likely} ${likely === 1 ? 'group' : 'groups'} of images that look alike ${likely === 1 ? 'is' : 'are'} in several classes, so classes may be wrong. ${listOf(name, 'match=near&kind=conflict')}`,
  );
}

function* blankFindings({ name, blank }: Known): Generator<Finding> {
  if (blank === undefined) return;
  const { images: all, train, validation = 0, test, transparent } = blank;
  const where = [
    ...(train > 0 ? [`${train} training`] : []),
    ...(validation > 0 ? [`${validation} validation`] : []),
    ...(test > 0 ? [`${test} test`] : []),
  ];
  const advice =
    transparent === 0
      ? 'Delete them, unless their class is meant to be empty.'
      : `${transparent} of them ${transparent === 1 ? 'is' : 'are'} drawn on transparency: import the archive with another \`background\`, such as \`background=white\`.`;
  yield finding(
    ...(['serious', 'blank', all] as const),
    `${images(all)} (${where.join(', ')}) ${all === 1 ? 'shows' : 'show'} nothing: nearly all pixels have one colour. ${advice} \`GET /datasets/${name}/report/blank\` lists them.`,
  );
}

function* otherFindings({ name, imbalance, sizes, leftOut, same, near, resolvedLeaks }: Known): Generator<Finding> {
  const { ratio, largest, smallest } = imbalance;
  if (ratio >= UNEVEN)
    yield finding(
      ...([ratio >= VERY_UNEVEN ? 'warning' : 'note', 'imbalance', smallest.images] as const),
      `The classes are unbalanced: ${largest.class} has ${largest.images} training images, ${smallest.class} has ${smallest.images}. A network may favour the large classes.`,
    );
  yield finding(
    ...(['note', 'leaks-resolved', resolvedLeaks?.images ?? 0] as const),
    resolvedLeaks?.action === 'drop'
      ? `${images(resolvedLeaks.images)} were left out because the test or validation split has the same picture (\`onLeak=drop\`). \`GET /datasets/${name}/left-out\` lists them.`
      : `${images(resolvedLeaks?.images ?? 0)} were moved to the split that has the same picture or the rest of their group (\`onLeak=move\`).`,
  );
  yield finding(
    ...(['note', 'left-out', leftOut?.files ?? 0] as const),
    `${leftOut?.files} ${leftOut?.files === 1 ? 'file is' : 'files are'} not part of the data set. \`GET /datasets/${name}/left-out\` lists them with the reasons.`,
  );
  if (sizes !== undefined && sizes.enlarged >= MANY_ENLARGED * sizes.images)
    yield finding(
      ...(['note', 'enlarged', sizes.enlarged] as const),
      `${sizes.enlarged} of ${images(sizes.images)} are smaller than the stored side and were enlarged. A smaller \`side\` trains faster and loses little.`,
    );
  const copies = (same?.images ?? 0) - (same?.groups ?? 0);
  yield finding(
    ...(['note', 'copies', copies] as const),
    `${images(copies)} ${copies === 1 ? 'is a copy' : 'are copies'} of another one, with the same pixels. ${listOf(name, 'kind=copy')}`,
  );
  if (near?.isComplete === false)
    yield finding(
      ...(['note', 'incomplete', near.images] as const),
      'Nearly all images resemble each other, so the search for near duplicates stopped before it had all pairs.',
    );
}

const images = (count: number, split = ''): string =>
  `${count} ${split === '' ? '' : `${split} `}${count === 1 ? 'image' : 'images'}`;

const listOf = (name: string, query: string): string => `\`GET /datasets/${name}/duplicates?${query}\` lists them.`;

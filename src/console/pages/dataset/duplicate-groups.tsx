/** Images that occur several times: leaks between splits, conflicts between classes, and copies. */
import type { DatasetDetails, DuplicateGroup } from 'trainyard';
import { Card } from '../../components/card.js';
import { Segmented } from '../../components/field.js';
import { count, plural } from '../../components/format.js';
import { ImageThumb } from '../../components/image-thumb.js';
import { PagedList } from '../../components/paged-list.js';
import { EmptyState, Notice, Skeleton } from '../../components/states.js';
import { Pill } from '../../components/status.js';
import { usePages } from '../../data/pages.js';
import { client } from '../../data/service.js';
import { queryOneOf } from '../../router/router.js';

type Kind = DuplicateGroup['kinds'][number];

const match = queryOneOf('match', ['same', 'near']);
const kind = queryOneOf('kind', ['all', 'leak', 'conflict', 'copy']);
const PAGE = 50;

const MEANINGS: Readonly<Record<Kind, string>> = {
  leak: 'in several splits',
  conflict: 'in several classes',
  copy: 'copies in one class',
};

export function Duplicates({ dataset }: { dataset: DatasetDetails }) {
  const { name, duplicates, imported } = dataset;
  if (duplicates === undefined)
    return (
      <EmptyState title="Nobody has looked for duplicates" icon="copy">
        {imported
          ? 'This data set was imported by an earlier version. Import the archive again under another name to have its images compared.'
          : 'Images are compared when a data set is imported, and this one is built in.'}
      </EmptyState>
    );
  return (
    <div class="stack">
      <Segmented
        label="Comparison"
        value={match.value}
        onInput={(next) => match.push(next)}
        choices={[
          { value: 'same', title: 'Same pixels' },
          { value: 'near', title: 'Look alike' },
        ]}
      />
      {match.value === 'near' ? (
        <p>
          Copies that were scaled, compressed or slightly cropped, and pictures of the same layout. Their fingerprints
          were compared at the import.
        </p>
      ) : (
        <SameText duplicates={duplicates} />
      )}
      <Segmented
        label="Kind"
        value={kind.value}
        onInput={(next) => kind.push(next)}
        choices={[
          { value: 'all', title: 'All' },
          { value: 'leak', title: 'In several splits' },
          { value: 'conflict', title: 'In several classes' },
          { value: 'copy', title: 'Copies' },
        ]}
      />
      <Groups
        key={`${name}/${match.value}/${kind.value}`}
        name={name}
        kind={kind.value === 'all' ? undefined : kind.value}
      />
    </div>
  );
}

function SameText({ duplicates }: { duplicates: NonNullable<DatasetDetails['duplicates']> }) {
  const { leakedTest, leakedValidation, conflicts, groups, images } = duplicates;
  if (groups === 0) return <p>No image occurs twice. The stored pixels of all images were compared at the import.</p>;
  return (
    <p>
      {`${plural(images, 'image')} in ${plural(groups, 'group')} have the same pixels as another one.`}
      {leakedTest > 0 && ` ${plural(leakedTest, 'test image')} can be seen in training, so the test score is too good.`}
      {leakedValidation > 0 && ` ${plural(leakedValidation, 'validation image')} can be seen in training.`}
      {conflicts > 0 && ` ${plural(conflicts, 'group')} in several classes: at least one class of each is wrong.`}
    </p>
  );
}

function Groups({ name, kind: of }: { name: string; kind: Kind | undefined }) {
  const list = usePages(
    (cursor, signal) =>
      client.datasets.duplicates(name, { kind: of, match: match.peek(), limit: PAGE, cursor, signal }).page(),
    ({ groups }) => groups,
    [],
  );
  return (
    <PagedList list={list} skeleton={<Skeleton lines={4} height={64} />}>
      {(groups) =>
        groups.length === 0 ? (
          <Notice>There are none.</Notice>
        ) : (
          groups.map((group) => <Group key={`${group.images[0]?.split}/${group.images[0]?.index}`} group={group} />)
        )
      }
    </PagedList>
  );
}

function Group({ group }: { group: DuplicateGroup }) {
  const { images, kinds } = group;
  const more = group.count - images.length;
  return (
    <Card>
      <div class="stack-s">
        <div class="row">
          <strong>{plural(group.count, 'image')}</strong>
          {kinds.map((each) => (
            <Pill key={each} tone={each === 'copy' ? 'neutral' : 'warn'} icon={each === 'copy' ? 'copy' : 'warning'}>
              {MEANINGS[each]}
            </Pill>
          ))}
        </div>
        <ul class="duplicate-images">
          {images.map((image) => (
            <li key={`${image.split}/${image.index}`} class="duplicate-image">
              <ImageThumb path={image.url} alt={`${image.class}, ${image.split} image ${image.index}`} size={64} />
              <span class="small">
                <span class="wrap-anywhere">{image.class}</span>
                <span class="muted">{` · ${image.split}`}</span>
                <code class="duplicate-path wrap-anywhere">{image.path}</code>
              </span>
            </li>
          ))}
        </ul>
        {more > 0 && <span class="muted small">{`and ${count(more)} more`}</span>}
      </div>
    </Card>
  );
}

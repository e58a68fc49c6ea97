/** Form to add a data set: choose files, see what they are, set how they are stored, and watch the import. */

import { useRef, useState } from 'preact/hooks';
import { leftText } from '../../../wording/time-text.js';
import { BarList } from '../../components/bar-list.js';
import { Button, ButtonLink } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { addressFault } from '../../components/download-address.js';
import { TextField } from '../../components/field.js';
import { FileDrop } from '../../components/file-drop.js';
import { bytes, count, plural } from '../../components/format.js';
import { ImportWarnings } from '../../components/import-warnings.js';
import { Progress } from '../../components/progress.js';
import { Notice } from '../../components/states.js';
import { isGone, isLost, isMalformed, sentenceOf } from '../../data/service.js';
import { to } from '../../router/routes.js';
import type { ArchiveCheck, LeftOutKind } from './archive-check.js';
import { ImportFields } from './import-fields.js';
import { ImportProgress } from './import-progress.js';
import {
  cancelSession,
  chooseAddress,
  chooseFiles,
  isDigest,
  type Ready,
  type Session,
  session,
  startImport,
  startOver,
} from './upload-session.js';

const CLASSES_SHOWN = 12;
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** `taken`: names of data sets that exist. */
export function AddDataset({ taken }: { taken: ReadonlySet<string> }) {
  const now = session.value;
  return (
    <Card title="Add a data set">
      <Step now={now} taken={taken} />
    </Card>
  );
}

function Step({ now, taken }: { now: Session; taken: ReadonlySet<string> }) {
  switch (now.step) {
    case 'choose':
      return <Choose fault={now.fault} />;
    case 'checking':
      return (
        <Running title={`Checking ${plural(now.total, 'file')}`} share={now.done / Math.max(1, now.total)}>
          {`${count(now.done)} of ${count(now.total)} files`}
        </Running>
      );
    case 'ready':
      return <Settings {...now} isTaken={taken.has(now.settings.name)} />;
    case 'packing':
      return (
        <Running title={`Packing ${now.settings.name}`} share={now.done / Math.max(1, now.total)}>
          {`${bytes(now.done)} of ${bytes(now.total)}`}
        </Running>
      );
    case 'uploading':
      return (
        <Running
          title={`${'url' in now.source ? 'Starting the import of' : 'Uploading'} ${now.settings.name}`}
          share={now.total === 0 ? undefined : now.done / now.total}
        >
          {now.total === 0 ? 'Beginning' : `${bytes(now.done)} of ${bytes(now.total)}${timeLeft(now)}`}
        </Running>
      );
    case 'reading':
      return (
        <div class="stack">
          <ImportProgress status={now.status} />
          <div class="row">
            <Button icon="close" onClick={cancelSession}>
              Cancel the import
            </Button>
            <span class="muted small">It goes on if you leave this page or close the tab.</span>
          </div>
        </div>
      );
    case 'done':
      return <Done dataset={now.dataset} />;
  }
}

function timeLeft({ done, total, startedAt }: { done: number; total: number; startedAt: number }): string {
  const seconds = (Date.now() - startedAt) / 1000;
  if (seconds < 2 || done === 0) return '';
  return `, ${leftText((seconds * (total - done)) / done)}`;
}

function Choose({ fault }: { fault: string | undefined }) {
  const folder = useRef<HTMLInputElement>(null);
  return (
    <div class="stack">
      {fault !== undefined && <Notice tone="bad">{fault}</Notice>}
      <FileDrop
        label="Drop a folder or a ZIP archive, or choose an archive"
        onFiles={(files) => void chooseFiles(files)}
      >
        <Button icon="folder" onClick={() => folder.current?.click()}>
          Choose a folder
        </Button>
        <input
          ref={folder}
          type="file"
          hidden
          multiple
          aria-label="Folder of images"
          {...{ webkitdirectory: true }}
          onChange={(event) => {
            const files = [...(event.currentTarget.files ?? [])];
            void chooseFiles(files.map((file) => ({ file, path: file.webkitRelativePath || file.name })));
            event.currentTarget.value = '';
          }}
        />
        <p class="muted small">
          A ZIP, tar or npz file, or a folder. One folder of images for each class, or a file metadata.csv that names
          the class of each image. With folders named train and test (and valid) these stay the splits.
        </p>
      </FileDrop>
      <Address />
    </div>
  );
}

/** Address of an archive, in place of files of this computer. */
function Address() {
  const [url, setUrl] = useState('');
  const fault = addressFault(url);
  return (
    <form
      class="add-address"
      onSubmit={(event) => {
        event.preventDefault();
        if (fault === undefined) chooseAddress(url);
      }}
    >
      <TextField
        label="Or the address of an archive"
        type="url"
        value={url}
        onInput={(next) => setUrl(next.trim())}
        placeholder="https://example.com/boots.tar.gz"
        error={url === '' ? undefined : fault}
      />
      <Button type="submit" icon="link" disabled={fault !== undefined}>
        Use the address
      </Button>
    </form>
  );
}

function Running({ title, share, children }: { title: string; share: number | undefined; children: string }) {
  return (
    <div class="stack-s">
      <strong class="name">{title}</strong>
      <Progress share={share} label={title} />
      <div class="row-between">
        <span class="muted small">{children}</span>
        <Button small icon="close" onClick={cancelSession}>
          Cancel
        </Button>
      </div>
    </div>
  );
}

function Settings({ source, check, settings, error, isTaken }: Ready & { error?: unknown; isTaken: boolean }) {
  const isNameFine = NAME.test(settings.name);
  const isRefused = (check?.errors.length ?? 0) > 0 || !isDigest(settings.sha256);
  return (
    <form
      class="add"
      onSubmit={(event) => {
        event.preventDefault();
        if (isNameFine && !isRefused) void startImport();
      }}
    >
      {error !== undefined && (
        <div class="add-wide">
          <Notice tone="bad">{`Nothing was stored. ${whyNot(error)}`}</Notice>
        </div>
      )}
      {'url' in source ? <AddressChecked url={source.url} /> : <Checked check={check} />}
      <ImportFields
        settings={settings}
        splits={check?.splits ?? []}
        isFetched={'url' in source}
        isNameFine={isNameFine}
        isTaken={isTaken}
      />
      <div class="add-wide row">
        <Button kind="primary" icon="upload" type="submit" disabled={!isNameFine || isRefused}>
          Import
        </Button>
        <Button onClick={startOver}>{'url' in source ? 'Back' : 'Choose other files'}</Button>
      </div>
    </form>
  );
}

/** Says why an import ended. */
function whyNot(error: unknown): string {
  if (isGone(error) && !isMalformed(error))
    return 'The service ended while it read the images. Start the import again.';
  if (isLost(error)) return 'The connection was lost before all files had arrived. Start the import again.';
  return sentenceOf(error);
}

const AddressChecked = ({ url }: { url: string }) => (
  <Notice>
    The service downloads <span class="wrap-anywhere">{url}</span>, then checks the images. It continues a download that
    breaks off.
  </Notice>
);

function Checked({ check }: { check: ArchiveCheck | undefined }) {
  if (check === undefined)
    return <Notice>Only the service checks archives that are no ZIP, or that list too many files.</Notice>;
  const { classes, images, files, errors, warnings, unusable, leftOut, splits, manifests } = check;
  const most = Math.max(1, ...classes.map((each) => each.images));
  return (
    <div class="stack">
      <p>
        <strong>{plural(images, 'image')}</strong>
        {manifests.length === 0 && (
          <>
            {' in '}
            <strong>{plural(classes.length, 'class', 'classes')}</strong>
          </>
        )}
        {splits.length > 0 && `, in the splits ${splits.join(', ')}`}
        <span class="muted">{` · ${plural(files, 'file')}, ${bytes(check.bytes)}`}</span>
      </p>
      {manifests.length > 0 && (
        <p>{`${manifests.slice(0, 3).join(', ')} names classes or splits. The service reads it and says what is wrong with it, line by line.`}</p>
      )}
      {errors.map((sentence) => (
        <Notice key={sentence} tone="bad">
          {sentence}
        </Notice>
      ))}
      {warnings.map((sentence) => (
        <Notice key={sentence} tone="warn">
          {sentence}
        </Notice>
      ))}
      <Reasons title="Images that cannot be used" kinds={unusable} />
      <Reasons title="Files that will be left out" kinds={leftOut} />
      <BarList
        label={manifests.length > 0 ? 'Images of each folder' : 'Images of each class'}
        bars={classes.slice(0, CLASSES_SHOWN).map((each) => ({
          ...{ id: each.name, name: each.name, share: each.images / most, text: count(each.images) },
        }))}
      />
      {classes.length > CLASSES_SHOWN && (
        <p class="muted small">{`and ${plural(classes.length - CLASSES_SHOWN, 'more class', 'more classes')}`}</p>
      )}
    </div>
  );
}

function Reasons({ title, kinds }: { title: string; kinds: readonly LeftOutKind[] }) {
  if (kinds.length === 0) return null;
  return (
    <div class="stack-s">
      <h3>{title}</h3>
      <ul class="reasons small">
        {kinds.slice(0, 5).map(({ reason, files, examples }) => (
          <li key={reason} class="wrap-anywhere">
            {`${plural(files, 'file')}: ${predicateOf(reason)}`}{' '}
            <span class="muted">{`(${examples.join(', ')}${files > examples.length ? ', …' : ''})`}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Returns a reason without its verb, and without the file type that the examples show: `not an image`. */
const predicateOf = (reason: string): string => reason.replace(/^is /, '').replace(/: \.[^.\s]+$/, '');

function Done({
  dataset: { name, imported, trainSamples, validationSamples = 0, testSamples, classes, duplicates },
}: {
  dataset: DatasetOfSession;
}) {
  return (
    <div class="stack">
      <Notice tone="good">
        {`${name} is ready: ${plural(trainSamples + validationSamples + testSamples, 'image')} in ${plural(classes.length, 'class', 'classes')}.`}
        {imported?.leftOut && ` ${plural(imported.leftOut.files, 'file was', 'files were')} left out.`}
      </Notice>
      <div>
        <ImportWarnings name={name} sentences={imported?.warnings} />
      </div>
      <SameImages name={name} duplicates={duplicates} />
      <Reasons title="Files that were left out" kinds={imported?.leftOut?.groups ?? []} />
      <div class="row">
        <ButtonLink kind="primary" icon="play" to={to('newJob', { dataset: name })}>
          Train on it
        </ButtonLink>
        <ButtonLink icon="image" to={to('dataset', { name })}>
          Look at the images
        </ButtonLink>
        <Button onClick={startOver}>Add another</Button>
      </div>
    </div>
  );
}

/** Names images that occur several times, unless a warning of the import does so already. */
function SameImages({ name, duplicates }: { name: string; duplicates: DatasetOfSession['duplicates'] }) {
  if (duplicates === undefined || duplicates.groups === 0) return null;
  if (duplicates.leakedTest + duplicates.leakedValidation + duplicates.conflicts > 0) return null;
  const action = (
    <ButtonLink small to={to('dataset', { name }, { tab: 'duplicates' })}>
      Show them
    </ButtonLink>
  );
  return (
    <Notice actions={action}>
      {`${plural(duplicates.images, 'image has', 'images have')} the same pixels as another one.`}
    </Notice>
  );
}

type DatasetOfSession = Extract<Session, { step: 'done' }>['dataset'];

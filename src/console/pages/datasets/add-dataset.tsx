/** Form to add a data set: choose files, see what they are, set how they are stored, and watch the import. */

import { useRef } from 'preact/hooks';
import { leftText } from '../../../wording/time-text.js';
import { BarList } from '../../components/bar-list.js';
import { Button, ButtonLink } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { CheckField, NumberField, SelectField, TextField } from '../../components/field.js';
import { FileDrop } from '../../components/file-drop.js';
import { bytes, count, plural } from '../../components/format.js';
import { ImportWarnings } from '../../components/import-warnings.js';
import { Progress } from '../../components/progress.js';
import { Notice } from '../../components/states.js';
import { isGone, isLost, isMalformed, sentenceOf } from '../../data/service.js';
import { to } from '../../router/routes.js';
import type { ArchiveCheck, LeftOutKind } from './archive-check.js';
import { ImportProgress } from './import-progress.js';
import {
  allowsFast,
  cancelSession,
  changeSettings,
  chooseFiles,
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
        <Running title={`Uploading ${now.settings.name}`} share={now.total === 0 ? undefined : now.done / now.total}>
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
    </div>
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

function Settings({ check, settings, error, isTaken }: Ready & { error?: unknown; isTaken: boolean }) {
  const isNameFine = NAME.test(settings.name);
  const hasTest = check?.splits.includes('test') ?? false;
  const isRefused = (check?.errors.length ?? 0) > 0;
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
      <Checked check={check} />
      <Fields settings={settings} hasTest={hasTest} isNameFine={isNameFine} isTaken={isTaken} />
      <div class="add-wide row">
        <Button kind="primary" icon="upload" type="submit" disabled={!isNameFine || isRefused}>
          Import
        </Button>
        <Button onClick={startOver}>Choose other files</Button>
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

type FieldsProps = Readonly<{ settings: Ready['settings']; hasTest: boolean; isNameFine: boolean; isTaken: boolean }>;

function Fields({ settings, hasTest, isNameFine, isTaken }: FieldsProps) {
  return (
    <div class="stack">
      <TextField
        label="Name"
        value={settings.name}
        onInput={(name) => changeSettings({ name })}
        description={
          isTaken
            ? 'There is a data set of this name. The import is refused, unless it is the same archive with the same settings.'
            : 'Jobs and models refer to it by this name.'
        }
        error={
          isNameFine
            ? undefined
            : 'Lower-case letters, digits, and . _ - are allowed: at most 64, the first a letter or digit.'
        }
      />
      <NumberField
        label="Side"
        unit="pixels"
        min={8}
        max={512}
        step={1}
        value={settings.side}
        onInput={(side) => changeSettings({ side })}
        {...(settings.side !== 96 && { onReset: () => changeSettings({ side: 96 }), resetTo: '96' })}
        description="Side of the square images that are stored. Choose the side that you train at; 28 to 96 trains fast."
      />
      <SelectField
        label="Channels"
        value={String(settings.channels) as '1' | '3'}
        onInput={(channels) => changeSettings({ channels: channels === '1' ? 1 : 3 })}
        choices={[
          { value: '3', title: 'Colour' },
          { value: '1', title: 'Grey' },
        ]}
      />
      <Fit settings={settings} />
      <Background value={settings.background} />
      <Pixels settings={settings} />
      {hasTest ? (
        <p class="muted small">The test images are those in the folder test.</p>
      ) : (
        <NumberField
          label="Share for the test"
          min={0.01}
          max={0.99}
          step={0.01}
          value={settings.testShare}
          onInput={(testShare) => changeSettings({ testShare })}
          description="Part of each class that is set aside to test models with: 0.2 is a fifth."
        />
      )}
      <SelectField
        label="Images in several splits"
        value={settings.onLeak}
        onInput={(onLeak) => changeSettings({ onLeak })}
        choices={[
          { value: 'report', title: 'Report them' },
          { value: 'move', title: 'Move them to the training images' },
          { value: 'drop', title: 'Leave out the training image' },
        ]}
        description="Test images that training has seen make the score too good. Copies that only look alike count as well."
      />
      <CheckField
        label="Leave out images that cannot be used"
        value={settings.skips}
        onInput={(skips) => changeSettings({ skips })}
        description="Otherwise a single damaged image stops the import."
      />
    </div>
  );
}

const FITS = [
  { value: 'contain', title: 'Whole image, with bars' },
  { value: 'cover', title: 'Centre, as large as it fits' },
  { value: 'resize-crop', title: 'Smaller centre, as torchvision' },
  { value: 'stretch', title: 'Stretched, as Keras' },
] as const;

function Fit({ settings: { fit, cropShare } }: { settings: Ready['settings'] }) {
  return (
    <>
      <SelectField
        label="Fit"
        value={fit}
        onInput={(next) => changeSettings({ fit: next })}
        choices={FITS}
        description="How images of other shapes become square. Predictions do the same."
      />
      {fit === 'resize-crop' && (
        <NumberField
          label="Crop share"
          min={0.1}
          max={1}
          value={cropShare}
          onInput={(next) => changeSettings({ cropShare: next })}
          description="Part of the shorter side that is kept: 0.875 is 224 of 256 pixels."
        />
      )}
    </>
  );
}

/** Settings that matter if other programs have to see the same pixels. */
function Pixels({ settings }: { settings: Ready['settings'] }) {
  const { antialias, decoding } = settings;
  const isFast = allowsFast(settings);
  const interpolation = settings.interpolation === 'fast' && !isFast ? 'bilinear' : settings.interpolation;
  return (
    <details>
      <summary>Pixels</summary>
      <div class="stack add-pixels">
        <SelectField
          label="Interpolation"
          value={interpolation}
          onInput={(next) => changeSettings({ interpolation: next })}
          choices={[
            ...(isFast ? [{ value: 'fast', title: 'Fast' } as const] : []),
            { value: 'bilinear', title: 'Bilinear, the pixels of Pillow' },
            { value: 'bicubic', title: 'Bicubic, the pixels of Pillow' },
          ]}
          description="Fast is close to bilinear, and only for whole images."
        />
        <CheckField
          label="Antialias"
          value={antialias}
          onInput={(next) => changeSettings({ antialias: next })}
          description="Average over all pixels when an image becomes smaller. TensorFlow does not by default."
        />
        <CheckField
          label="Ignore transparency and colour profiles"
          value={decoding === 'plain'}
          onInput={(next) => changeSettings({ decoding: next ? 'plain' : 'managed' })}
          description="As Pillow’s convert('RGB') and TensorFlow do."
        />
      </div>
    </details>
  );
}

function Background({ value }: { value: string }) {
  const choice = value === 'black' || value === 'white' ? value : 'other';
  return (
    <>
      <SelectField
        label="Background"
        value={choice}
        onInput={(next) => changeSettings({ background: next === 'other' ? '#808080' : next })}
        choices={[
          { value: 'black', title: 'Black' },
          { value: 'white', title: 'White' },
          { value: 'other', title: 'Another colour' },
        ]}
        description="Behind transparent images, and around those that are not square."
      />
      {choice === 'other' && (
        <TextField
          label="Background colour"
          value={value}
          onInput={(background) => changeSettings({ background })}
          error={/^#[0-9a-f]{6}$/i.test(value) ? undefined : 'Six hexadecimal digits after #, such as #ffcc00.'}
        />
      )}
    </>
  );
}

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

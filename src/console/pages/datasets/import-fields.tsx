/** Fields of an import of a data set: its name, how images become square, and how they come into splits. */
import { useState } from 'preact/hooks';
import { CheckField, NumberField, SelectField, TextField } from '../../components/field.js';
import { allowsFast, changeSettings, type ImportSettings, isDigest } from './upload-session.js';

type Props = Readonly<{
  settings: ImportSettings;
  /** Splits that the folders of the archive name. */
  splits: readonly string[];
  /** Whether the service fetches the archive. */
  isFetched: boolean;
  isNameFine: boolean;
  isTaken: boolean;
}>;

export function ImportFields({ settings, splits, isFetched, isNameFine, isTaken }: Props) {
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
      {isFetched && (
        <TextField
          label="SHA-256"
          value={settings.sha256}
          onInput={(sha256) => changeSettings({ sha256: sha256.trim().toLowerCase() })}
          description="Optional: 64 hexadecimal digits. An archive with another digest is refused."
          error={isDigest(settings.sha256) ? undefined : 'A SHA-256 has 64 hexadecimal digits.'}
        />
      )}
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
      <Splits settings={settings} splits={splits} />
      <CheckField
        label="Leave out images that cannot be used"
        value={settings.skips}
        onInput={(skips) => changeSettings({ skips })}
        description="Otherwise a single damaged image stops the import."
      />
    </div>
  );
}

/** How images come into splits that the archive does not have. */
function Splits({ settings, splits }: Pick<Props, 'settings' | 'splits'>) {
  const { testShare, validationShare, groups, seed, onLeak } = settings;
  // After a refused import the form shows again what was set.
  const [isOpen] = useState(validationShare !== 0 || groups !== '' || seed !== 0);
  const [hasTest, hasValidation] = [splits.includes('test'), splits.includes('validation')];
  return (
    <>
      {hasTest ? (
        <p class="muted small">The test images are those in the folder test.</p>
      ) : (
        <NumberField
          label="Share for the test"
          min={0.01}
          max={0.99}
          step={0.01}
          value={testShare}
          onInput={(next) => changeSettings({ testShare: next })}
          description="Part of each class that is set aside to test models with: 0.2 is a fifth."
        />
      )}
      <details open={isOpen}>
        <summary>Validation, groups and seed</summary>
        <div class="stack add-pixels">
          {!hasValidation && (
            <NumberField
              label="Share for the validation"
              min={0}
              max={0.98}
              step={0.01}
              value={validationShare}
              onInput={(next) => changeSettings({ validationShare: next })}
              description="Part of each class that becomes the data set's own validation split. 0: each job draws its validation images itself."
            />
          )}
          <TextField
            label="Groups"
            value={groups}
            onInput={(next) => changeSettings({ groups: next })}
            placeholder="^(patient\d+)_"
            description="Images of one group stay in one split. A regular expression with one group in parentheses for the file name, or a column of the manifest."
          />
          <NumberField
            label="Seed"
            min={0}
            max={2 ** 32 - 1}
            step={1}
            value={seed}
            onInput={(next) => changeSettings({ seed: next })}
            description="Another seed draws other images into the splits."
          />
        </div>
      </details>
      <SelectField
        label="Images in several splits"
        value={onLeak}
        onInput={(next) => changeSettings({ onLeak: next })}
        choices={LEAKS}
        description="Test images that training has seen make the score too good. Copies that only look alike count as well."
      />
    </>
  );
}

const LEAKS = [
  { value: 'report', title: 'Report them' },
  { value: 'move', title: 'Move them to the training images' },
  { value: 'drop', title: 'Leave out the training image' },
] as const;

const FITS = [
  { value: 'contain', title: 'Whole image, with bars' },
  { value: 'cover', title: 'Centre, as large as it fits' },
  { value: 'resize-crop', title: 'Smaller centre, as torchvision' },
  { value: 'stretch', title: 'Stretched, as Keras' },
] as const;

function Fit({ settings: { fit, cropShare } }: { settings: ImportSettings }) {
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
function Pixels({ settings }: { settings: ImportSettings }) {
  const { antialias, decoding } = settings;
  const isFast = allowsFast(settings);
  const [isOpen] = useState(settings.interpolation !== 'fast' || !antialias || decoding === 'plain');
  const interpolation = settings.interpolation === 'fast' && !isFast ? 'bilinear' : settings.interpolation;
  return (
    <details open={isOpen}>
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

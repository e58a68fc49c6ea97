/** Dialog that imports weights of other programs: a file of this computer, or an address that the service downloads. */
import { useRef, useState } from 'preact/hooks';
import type { ModelImport } from 'trainyard';
import { modelNameOf } from '../../../wording/default-name.js';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { NumberField, Segmented, SelectField, TextAreaField, TextField } from '../../components/field.js';
import { FileDrop } from '../../components/file-drop.js';
import { bytes } from '../../components/format.js';
import { Progress } from '../../components/progress.js';
import { Notice } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { forget } from '../../data/resource.js';
import { sentenceOf } from '../../data/service.js';
import { type OnSent, uploadClient } from '../../data/upload-fetch.js';
import { navigate } from '../../router/router.js';
import { to } from '../../router/routes.js';
import { type Draft, emptyDraft, faultsOf, nameAfter, specOf } from './import-draft.js';

export function ImportWeights({ onClose }: { onClose: () => void }) {
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const [fault, setFault] = useState<string>();
  const running = useRef<AbortController | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const [sent, setSent] = useState<Sent | undefined>(undefined);
  const change = (part: Partial<Draft>): void => setDraft((now) => ({ ...now, ...part }));
  const close = (): void => {
    running.current?.abort();
    onClose();
  };
  const start = async (): Promise<void> => {
    const abort = new AbortController();
    running.current = abort;
    setFault(undefined);
    setBusy(true);
    try {
      const file = draft.from === 'file' ? draft.file : undefined;
      await importWeights(specOf(draft), file, {
        signal: abort.signal,
        onSent: (done, total) => setSent({ done, total }),
      });
      onClose();
    } catch (error) {
      if (!abort.signal.aborted) setFault(sentenceOf(error));
      setBusy(false);
      setSent(undefined);
    }
  };
  const faults = faultsOf(draft);
  const isComplete = Object.values(faults).every((each) => each === undefined);
  return (
    <Dialog
      title="Import weights"
      onClose={close}
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            kind="primary"
            icon="upload"
            busy={isBusy}
            disabled={isBusy || !isComplete}
            onClick={() => void start()}
          >
            Import
          </Button>
        </>
      }
    >
      <div class="stack">
        <WeightsSource draft={draft} faults={faults} change={change} />
        <Input draft={draft} faults={faults} change={change} />
        {isBusy && <Sending sent={sent} />}
        {fault !== undefined && <Notice tone="bad">{`Nothing was stored. ${fault}`}</Notice>}
      </div>
    </Dialog>
  );
}

/** Bytes of a file that were sent. */
type Sent = Readonly<{ done: number; total: number }>;

/** Progress of the upload, then of the service, whose duration nobody knows. */
function Sending({ sent }: { sent: Sent | undefined }) {
  const isSending = sent !== undefined && sent.done < sent.total;
  return (
    <div class="stack-s">
      <Progress share={isSending ? sent.done / sent.total : undefined} label="Import of the weights" />
      <span class="muted small">
        {isSending ? `${bytes(sent.done)} of ${bytes(sent.total)} sent` : 'The service reads and checks the weights.'}
      </span>
    </div>
  );
}

type SendOptions = Readonly<{ signal: AbortSignal; onSent: OnSent }>;

async function importWeights(
  spec: ModelImport,
  file: File | undefined,
  { signal, onSent }: SendOptions,
): Promise<void> {
  const { manifest } = await uploadClient(onSent).models.import(spec, file, { signal });
  forget('models');
  toast(`Imported ${manifest.name}, version ${manifest.version}`);
  navigate(to('version', { name: manifest.name, version: manifest.version }));
}

type PartProps = Readonly<{
  draft: Draft;
  faults: ReturnType<typeof faultsOf>;
  change: (part: Partial<Draft>) => void;
}>;

function WeightsSource({ draft, faults, change }: PartProps) {
  return (
    <>
      <Segmented
        label="Where the weights are"
        value={draft.from}
        onInput={(from) => change({ from })}
        choices={[
          { value: 'file', title: 'A file' },
          { value: 'url', title: 'An address' },
        ]}
      />
      {draft.from === 'file' ? (
        <FileDrop
          label={
            draft.file === undefined
              ? 'Drop a weights file, or choose one'
              : `${draft.file.name}, ${bytes(draft.file.size)}`
          }
          accept=".pth,.pt,.bin,.safetensors"
          multiple={false}
          onFiles={([first]) => first && change({ file: first.file, name: draft.name || modelNameOf(first.file.name) })}
        >
          <p class="muted small">
            PyTorch (.pth, .pt, .bin) or safetensors, with the names of torchvision, timm or Hugging Face. Nothing in
            the file is run.
          </p>
        </FileDrop>
      ) : (
        <>
          <TextField
            label="Address"
            type="url"
            value={draft.url}
            placeholder="https://download.pytorch.org/models/resnet18-f37072fd.pth"
            onInput={(url) => change({ url, name: nameAfter(draft, url) })}
            error={faults.url || undefined}
          />
          <TextField
            label="SHA-256"
            value={draft.sha256}
            onInput={(sha256) => change({ sha256: sha256.trim().toLowerCase() })}
            description="64 hexadecimal digits, from the page of the file or from sha256sum."
            error={faults.sha256 || undefined}
          />
        </>
      )}
    </>
  );
}

function Input({ draft, faults, change }: PartProps) {
  return (
    <>
      <TextField
        label="Name of the model"
        value={draft.name}
        onInput={(name) => change({ name })}
        error={faults.name || undefined}
      />
      <TextField
        label="Origin"
        value={draft.origin}
        onInput={(origin) => change({ origin: origin.trim() })}
        placeholder="timm/resnet18.a1_in1k"
        description="Optional: id of the pretrained model at timm, torchvision or Hugging Face. Weights of another architecture are refused."
      />
      <SelectField
        label="Classes"
        value={draft.classes}
        onInput={(classes) => change({ classes })}
        choices={[
          ...(draft.classes === '' ? [{ value: '' as const, title: 'Choose …' }] : []),
          { value: 'imagenet-1k', title: 'The 1,000 classes of ImageNet-1k' },
          { value: 'own', title: 'My own' },
        ]}
      />
      {draft.classes === 'own' && (
        <TextAreaField
          label="Class names"
          value={draft.names}
          onInput={(names) => change({ names })}
          description="One per line, in the order of the outputs."
          error={faults.names || undefined}
        />
      )}
      <div class="row">
        <NumberField
          label="Side"
          unit="pixels"
          min={8}
          max={512}
          step={1}
          value={draft.side}
          onInput={(side) => change({ side })}
          error={faults.side || undefined}
        />
        <SelectField
          label="Preprocessing"
          value={draft.preset}
          onInput={(preset) => change({ preset })}
          choices={[
            { value: 'torchvision', title: 'torchvision: centre, bilinear' },
            { value: 'timm', title: 'timm: centre, bicubic' },
            { value: 'keras', title: 'Keras: stretched' },
            { value: 'none', title: 'Whole image on black, 0 to 1' },
          ]}
        />
      </div>
    </>
  );
}

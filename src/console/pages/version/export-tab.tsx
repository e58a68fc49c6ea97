/** Exports of a version: a row for each target, with a download and a snippet that opens the file there. */
import type { ExportFormat, ModelVersion } from 'trainyard';
import { Card } from '../../components/card.js';
import { CodeBlock } from '../../components/code.js';
import { SelectField } from '../../components/field.js';
import { modelFitText } from '../../components/fit-text.js';
import { bytes } from '../../components/format.js';
import { type Column, Table } from '../../components/table.js';
import { serviceUrl } from '../../data/service.js';
import { queryText } from '../../router/router.js';

type Target = Readonly<{
  id: string;
  title: string;
  format: ExportFormat;
  file: string;
  /** Commands that fetch the file. */
  shell: (names: Names) => string;
  /** Program that opens it. */
  code?: (names: Names) => string;
}>;
type Names = Readonly<{ name: string; version: number; url: string; file: string }>;

const TARGETS: readonly Target[] = [
  {
    id: 'onnx',
    title: 'ONNX Runtime (Python, C++, C#, Java, mobile)',
    format: 'onnx',
    file: 'onnx',
    shell: ({ url, file }) => `curl -fo ${file} '${url}'\npip install onnxruntime`,
    code: ({ file }) =>
      `import onnxruntime\nsession = onnxruntime.InferenceSession('${file}')\n# uint8, batch x height x width x channels\nprobabilities, = session.run(['probabilities'], {'images': images})`,
  },
  {
    id: 'pytorch',
    title: 'PyTorch',
    format: 'safetensors',
    file: 'safetensors',
    shell: ({ url, file }) => `curl -fo ${file} '${url}'`,
    code: ({ file }) =>
      `from safetensors.torch import load_file\n# net: the tutorial's or torchvision's module with the same options\nnet.load_state_dict(load_file('${file}'), strict=True)`,
  },
  {
    id: 'tfserving',
    title: 'TensorFlow Serving',
    format: 'savedmodel',
    file: 'savedmodel.tar',
    shell: ({ name, url, file }) =>
      `curl -fo ${file} '${url}'\nmkdir -p models/${name} && tar -xf ${file} -C models/${name}\ndocker run -p 8501:8501 -v "$PWD/models/${name}:/models/${name}" \\\n  -e MODEL_NAME=${name} tensorflow/serving`,
  },
  {
    id: 'tensorflow',
    title: 'TensorFlow (Python)',
    format: 'savedmodel',
    file: 'savedmodel.tar',
    shell: ({ url }) => `curl -f '${url}' | tar -x`,
    code: ({ version }) =>
      `import tensorflow as tf\nserve = tf.saved_model.load('${version}').signatures['serving_default']\nprobabilities = serve(images=images)['probabilities']`,
  },
  {
    id: 'browser',
    title: 'Browser and Node.js (TensorFlow.js)',
    format: 'tfjs',
    file: 'tfjs.tar',
    shell: ({ name, url }) => `mkdir -p public/${name} && curl -f '${url}' | tar -x -C public/${name}`,
    code: ({ name }) =>
      `const model = await tf.loadGraphModel('/${name}/model.json');\n// int32, 1 x height x width x channels\nconst { probabilities } = model.predict(tf.browser.fromPixels(canvas, channels).expandDims());`,
  },
];

const chosen = queryText('target', 'onnx');

export function ExportTab({ model }: { model: ModelVersion }) {
  const { name, version } = model.manifest;
  const target = TARGETS.find(({ id }) => id === chosen.value) ?? TARGETS[0];
  const columns: readonly Column<Target>[] = [
    { id: 'title', title: 'Target', cell: ({ title }) => title },
    { id: 'format', title: 'Format', cell: ({ format }) => <code>{format}</code> },
    { id: 'size', title: 'Size', align: 'end', cell: ({ format }) => sizeOf(model, format) },
    {
      id: 'download',
      title: 'Download',
      isTitleHidden: true,
      align: 'end',
      cell: (row) => <Download name={name} version={version} target={row} />,
    },
  ];
  return (
    <div class="stack">
      <Card title="Download" flush>
        <Table label="Exports" rows={TARGETS} columns={columns} rowKey={({ id }) => id} />
      </Card>
      <Card title="Open it there">
        <div class="export-target">
          <SelectField
            label="Target"
            value={target?.id ?? ''}
            onInput={(value) => {
              chosen.value = value;
            }}
            choices={TARGETS.map(({ id, title }) => ({ value: id, title }))}
          />
        </div>
        {target && <Snippet target={target} names={namesOf(target, name, version)} />}
        <p class="muted small version-note">
          {`Images have ${model.manifest.preprocessing.width} × ${model.manifest.preprocessing.height} pixels, 0 to 255: ${modelFitText(model.manifest.preprocessing)}. The model card has a Python function for it, and each file has it in its metadata. Resize and normalization are inside the graph. A safetensors file has the weights alone.`}
        </p>
      </Card>
    </div>
  );
}

const namesOf = ({ file, format }: Target, name: string, version: number): Names => ({
  name,
  version,
  url: serviceUrl(pathOf(name, version, format)),
  file: `${name}-${version}.${file}`,
});

function Snippet({ target: { title, shell, code }, names }: { target: Target; names: Names }) {
  return (
    <div class="stack-s version-note">
      <CodeBlock label={`Commands for ${title}`} code={shell(names)} />
      {code && <CodeBlock label={`Program for ${title}`} code={code(names)} />}
    </div>
  );
}

const pathOf = (name: string, version: number, format: ExportFormat): string =>
  `models/${encodeURIComponent(name)}/versions/${version}/export?format=${format}`;

const FILES: Readonly<Record<ExportFormat, readonly string[]>> = {
  savedmodel: ['saved_model/saved_model.pb'],
  onnx: ['model.onnx', 'weights.safetensors'],
  tfjs: ['weights.safetensors'],
  safetensors: ['weights.safetensors'],
};

/** Size of an export by the stored file with the same numbers. A converted one differs a little. */
function sizeOf({ files }: ModelVersion, format: ExportFormat): string {
  const paths = FILES[format];
  const file = paths.map((path) => files.find((each) => each.path === path)).find((each) => each !== undefined);
  return file === undefined ? '–' : `${format === 'safetensors' ? '' : '≈ '}${bytes(file.bytes)}`;
}

function Download({ name, version, target }: { name: string; version: number; target: Target }) {
  const file = `${name}-${version}.${target.file}`;
  return (
    <a
      class="button button-normal button-small"
      href={serviceUrl(pathOf(name, version, target.format))}
      download={file}
      aria-label={`Download ${file}`}
    >
      Download
    </a>
  );
}

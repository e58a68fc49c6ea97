/** Sentences of the service in the words of the command: its routes and fields as they are typed there. */

/** Commands and options for what the sentences of the service name, applied in this order. */
const WORDS: readonly (readonly [service: RegExp, command: string])[] = [
  [/GET \/models lists the models/g, '`trainyard models ls` lists the models'],
  [/GET \/models\/\S+ lists its versions/g, '`trainyard models ls` shows the newest version'],
  [/GET \/models\/\S+ lists the labels/g, '`trainyard models ls` shows the labels'],
  [/GET \/jobs lists all jobs/g, '`trainyard jobs ls --all` lists all jobs'],
  [/GET \/datasets lists the data sets/g, '`trainyard data ls` lists the data sets'],
  [/GET \/datasets\/([^\s/`]+)\/duplicates\?kind=copy/g, 'trainyard data show $1 --list copies'],
  [/GET \/datasets\/([^\s/`]+)\/duplicates\?kind=(\w+)/g, 'trainyard data show $1 --list $2s'],
  [/GET \/datasets\/([^\s/`]+)\/duplicates\?match=near&kind=(\w+)/g, 'trainyard data show $1 --list near-$2s'],
  [/GET \/datasets\/([^\s/`]+)\/(?:report\/)?(blank|left-out)/g, 'trainyard data show $1 --list $2'],
  [/of GET \/datasets with dataset\.name/g, 'of `trainyard data ls` with data=<name>'],
  [/with POST \/jobs/g, 'with `trainyard train`'],
  [/with PUT \/models\/([^\s/]+)\/labels\/([^\s/]*[^\s/.])/g, 'with `trainyard models label $1@<version> $2`'],
  [/with DELETE \/models\/([^\s/]+)\/labels\/([^\s/]*[^\s/.;])/g, 'with `trainyard models label $1 $2 --remove`'],
  [
    /POST \/models\/(\S+)\/evaluations with \{"dataset": "(\S+)", "split": "(\w+)"\}/g,
    '`trainyard evaluate $1 --data $2 --split $3`',
  ],
  [
    /^Send the header "Authorization: Bearer" with an API key\. `trainyard login` stores one for the command\.$/g,
    'The service needs an API key, and none is set for this address.',
  ],
  [/ Create one first\.$/g, ''],
  [/ GET \/projects lists yours\.$/g, ''],
  [/The header trainyard-project/g, '--project'],
  [/^This request needs the scope/g, 'This needs the scope'],
  [/Send model=(\S+)/g, 'Give `--model $1`'],
  [/ more in `errors`\)|(?<=\(and \d+) more, see errors\)/g, ' more)'],
  [/Set `network` and `networkOptions` to it/g, 'Set `--network` and `--network-options` to it'],
  [/`image\.channels` is/g, '`--channels` is'],
  [/, send "imagenet-1k"/g, ', write `--classes imagenet-1k`'],
  [/`(background|decoding|onError|onLeak)=([\w#-]+)`/g, '`--$1 $2`'],
  [/`(background|classes|origin|side)`/g, '`--$1`'],
  [/--onError/g, '--on-error'],
  [/--onLeak/g, '--on-leak'],
  [/\{(name|label)\}/g, '<$1>'],
];

/** Options of `predict`, of `models label` for a gate, of `keys create`, and of `models add` for the fields of an import. */
const BODY_OPTIONS: Readonly<Record<string, string>> = {
  '/model': '--model',
  '/gate/metric': '--gate',
  '/gate/minDelta': '--min-delta',
  '/gate/dataset': '--data',
  '/gate/split': '--split',
  '/project': '--project',
  '/expiresAt': '--expires',
  '/spec/name': '--name',
  '/spec/classes': '--classes',
  '/spec/origin': '--origin',
  '/spec/network': '--network',
  '/spec/resize': '--size',
  '/spec/image/height': '--image',
  '/spec/image/width': '--image',
  '/spec/image/channels': '--channels',
  '/spec/preprocessing/preset': '--preset',
  '/spec/preprocessing/cropShare': '--crop-share',
  '/spec/weights/url': 'The address',
  '/spec/weights/path': 'The path',
  '/spec/weights/sha256': '--sha256',
};

/** Options of `evaluate`. */
const EVALUATION_OPTIONS: Readonly<Record<string, string>> = { '/dataset': '--data' };

/** Options whose values have the fields below these pointers. */
const NESTED_OPTIONS: readonly (readonly [parent: string, option: string])[] = [
  ['/spec/networkOptions/', '--network-options'],
  ['/spec/preprocessing/', '--preprocessing'],
];

/** Returns a sentence of the service as the command says it. */
export const commandWords = (sentence: string): string =>
  WORDS.reduce((text, [service, command]) => text.replace(service, command), sentence);

/** Parts of the answer's command line that decide how a field is named. */
export type FieldContext = Readonly<{
  /** Whether pointers are paths of files in an archive. */
  isPath?: boolean;
  /** Whether the request was an import of weights. With an address, its body is the spec itself. */
  isImport?: boolean;
  /** Whether the request was for an evaluation, whose fields are options. */
  isEvaluation?: boolean;
}>;

/**
 * Returns a field of a request as the command line names it: `dataset.resize` for `/dataset/resize`, `--crop-share` for the parameter
 * `?cropShare`, `--network-options width` for `/spec/networkOptions/width`, and for a file of an archive its path.
 */
export function fieldWords(
  pointer: string,
  { isPath = false, isImport = false, isEvaluation = false }: FieldContext = {},
): string {
  if (isPath && pointer.startsWith('/')) return pointer.slice(1);
  if (isEvaluation) return EVALUATION_OPTIONS[pointer] ?? pathText(pointer);
  if (pointer.startsWith('?')) return optionOf(pointer.slice(1));
  const fields = (isImport ? importWords(`/spec${pointer}`) : undefined) ?? importWords(pointer);
  return fields ?? pathText(pointer);
}

/** Returns the option of a field; undefined if it has none. */
function importWords(pointer: string): string | undefined {
  const [parent = '', option] = NESTED_OPTIONS.find(([each]) => pointer.startsWith(each)) ?? [];
  return BODY_OPTIONS[pointer] ?? (option && `${option} ${pathText(pointer.slice(parent.length))}`);
}

const pathText = (pointer: string): string => pointer.replace(/^\//, '').replaceAll('/', '.');

/** Returns the option of a parameter: `--crop-share` for `cropShare`. */
const optionOf = (name: string): string =>
  name === 'topK' ? '--top' : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

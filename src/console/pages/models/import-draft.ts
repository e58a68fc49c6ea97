/** Draft of an import of weights: what the dialog has, what is wrong with it, and the request. */
import type { ModelImport } from 'trainyard';
import { modelNameOf } from '../../../wording/default-name.js';
import { addressFault } from '../../components/download-address.js';

export type Draft = Readonly<{
  from: 'file' | 'url';
  file: File | undefined;
  url: string;
  sha256: string;
  name: string;
  /** Id of the pretrained model; may be empty. */
  origin: string;
  /** '' until someone chooses: wrong names would be believed. */
  classes: '' | 'imagenet-1k' | 'own';
  /** One class name per line. */
  names: string;
  side: number | undefined;
  preset: NonNullable<NonNullable<ModelImport['preprocessing']>['preset']> | 'none';
}>;

export const emptyDraft: Draft = {
  from: 'file',
  file: undefined,
  url: '',
  sha256: '',
  name: '',
  origin: '',
  classes: '',
  names: '',
  side: 224,
  preset: 'torchvision',
};

/** Returns the name of the model after a change of its address: it follows the address until someone writes another one. */
export const nameAfter = ({ url, name }: Draft, next: string): string =>
  name === '' || name === modelNameOf(url) ? modelNameOf(next) : name;

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

const namesIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Returns an error for each field that has to be changed before the import. Empty fields have an empty text. */
export function faultsOf({ from, file, url, sha256, name, classes, names, side }: Draft) {
  const own = namesIn(names);
  return {
    file: from === 'file' && file === undefined ? '' : undefined,
    url: from === 'url' ? (url === '' ? '' : addressFault(url)) : undefined,
    sha256: from === 'url' ? faultOf(sha256, /^[0-9a-f]{64}$/, 'A SHA-256 has 64 hexadecimal digits.') : undefined,
    name: faultOf(
      name,
      NAME,
      'Lower-case letters, digits, and . _ - are allowed: at most 64, the first a letter or digit.',
    ),
    classes: classes === '' ? '' : undefined,
    names: classes === 'own' && (own.length < 2 || new Set(own).size < own.length) ? namesFault(own) : undefined,
    side: side !== undefined && Number.isInteger(side) && side >= 8 && side <= 512 ? undefined : 'From 8 to 512.',
  };
}

const faultOf = (text: string, pattern: RegExp, fault: string): string | undefined =>
  text === '' ? '' : pattern.test(text) ? undefined : fault;

function namesFault(names: readonly string[]): string {
  if (names.length < 2) return names.length === 0 ? '' : 'At least two classes.';
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  return `The class ${repeated} occurs twice.`;
}

/** Returns the request of a draft without faults. */
export function specOf({ from, url, sha256, name, origin, classes, names, side = 224, preset }: Draft): ModelImport {
  return {
    name,
    classes: classes === 'imagenet-1k' ? classes : namesIn(names),
    image: { height: side, width: side, channels: 3 },
    resize: side,
    ...(origin !== '' && { origin }),
    ...(preset !== 'none' && { preprocessing: { preset } }),
    ...(from === 'url' && { weights: { url, sha256 } }),
  };
}

/** Preprocessing of images in words. */
import type { DatasetDetails, ModelVersion } from 'trainyard';

type Preprocessing = ModelVersion['manifest']['preprocessing'];
type Fit = Readonly<{ fit: Preprocessing['fit']; cropShare: number; background: string }>;
type Method = Pick<Preprocessing, 'interpolation' | 'antialias' | 'decoding'>;

/** Returns how a model's images get their shape. */
export const modelFitText = ({ fit, cropShare, background }: Preprocessing): string =>
  fitText({ fit, cropShare, background: colourText(background) });

/** Returns how the images of an imported data set were made. */
export function importText(imported: NonNullable<DatasetDetails['imported']>): string {
  const { fit = 'contain', cropShare = 1, background = 'black', decoding = 'managed', antialias = true } = imported;
  const interpolation = imported.interpolation ?? (fit === 'contain' ? 'fast' : 'bilinear');
  return `${fitText({ fit, cropShare, background })}; ${pixelText({ interpolation, antialias, decoding })}`;
}

function fitText({ fit, cropShare, background }: Fit): string {
  switch (fit) {
    case 'contain':
      return `whole images on a ${background} background`;
    case 'cover':
      return 'the centre, as large as it fits';
    case 'stretch':
      return 'stretched';
    case 'resize-crop':
      return `the centre, ${cropShare} of the shorter side`;
  }
}

/** Returns how pixels are computed. */
export function pixelText({ interpolation, antialias, decoding }: Method): string {
  const method =
    interpolation === 'fast' ? 'fast bilinear' : `${interpolation}${antialias ? '' : ' without antialiasing'}`;
  return decoding === 'plain' ? `${method}, without transparency and colour profiles` : method;
}

function colourText(background: Preprocessing['background']): string {
  const [red = 0, green = red, blue = red] = [background].flat();
  if (red === green && green === blue && (red === 0 || red === 255)) return red === 0 ? 'black' : 'white';
  return `rgb(${red}, ${green}, ${blue})`;
}

/** Link from a sentence of the service to the list of images that it names: the route of the API becomes a tab of the console. */
import { to } from '../router/routes.js';
import { ButtonLink } from './button.js';

const LIST = / `GET [^`]*\/(?:duplicates\?([^`]*)|(report\/blank)|left-out)` lists them( with the reasons)?\.$/;

/** Returns a sentence without the route of its list. */
export const withoutRoute = (sentence: string): string => sentence.replace(LIST, '');

/** Shows a link to the images of a sentence, or nothing if the sentence names no list. */
export function FindingLink({ name, sentence }: { name: string; sentence: string }) {
  const found = LIST.exec(sentence);
  if (found === null) return null;
  return (
    <ButtonLink small to={to('dataset', { name }, tabOf(found[1], found[2] !== undefined))}>
      Show them
    </ButtonLink>
  );
}

function tabOf(duplicates: string | undefined, isBlank: boolean): Record<string, string> {
  if (duplicates !== undefined) return { tab: 'duplicates', ...Object.fromEntries(new URLSearchParams(duplicates)) };
  return { tab: isBlank ? 'report' : 'left-out' };
}

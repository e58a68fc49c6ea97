/** Warnings of an import. A list of the API that a sentence names becomes a link to the same list in the console. */
import { FindingLink, withoutRoute } from './finding-link.js';
import { Notice } from './states.js';

export function ImportWarnings({ name, sentences = [] }: { name: string; sentences: readonly string[] | undefined }) {
  return (
    <>
      {sentences.map((sentence) => (
        <Notice key={sentence} tone="warn" actions={<FindingLink name={name} sentence={sentence} />}>
          {withoutRoute(sentence)}
        </Notice>
      ))}
    </>
  );
}

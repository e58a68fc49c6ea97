/** Texts about a job that training ignores: metadata and notes. */
import { type Static, Type } from 'typebox';

const LABEL_KEY = { pattern: '^[A-Za-z0-9._-]{1,64}$' } as const;
const LABEL_VALUE = { type: 'string', maxLength: 256 } as const;
/** Maximum number of metadata labels of one job. */
export const MAX_LABELS = 16;

/** Labels by which a client finds its jobs again. Training ignores them. */
export const Metadata = Type.Unsafe<Record<string, string>>({
  title: 'Metadata',
  type: 'object',
  propertyNames: {
    type: 'string',
    ...LABEL_KEY,
    description: 'A key has 1 to 64 letters, digits, `.`, `_`, `-`.',
  },
  additionalProperties: LABEL_VALUE,
  maxProperties: MAX_LABELS,
  description:
    'Up to 16 labels by which `GET /jobs` finds the job. Keys have 1 to 64 letters, digits, `.`, `_`, `-`; values up to 256 characters. They do not influence training. Default: none.',
  examples: [{ team: 'vision', experiment: '17' }],
});
export type Metadata = Static<typeof Metadata>;

/** Free text about a job. */
export const Notes = Type.String({
  title: 'Notes',
  maxLength: 4_000,
  description: 'Free text about the job, up to 4,000 characters. Default: none.',
  examples: ['Second try, with cutout.'],
});

/** Texts about a job that can change at any time, also after its end. */
export const JobTexts = {
  metadata: Type.Unsafe<Record<string, string | null>>({
    title: 'Metadata',
    type: 'object',
    propertyNames: { type: 'string', ...LABEL_KEY },
    additionalProperties: { anyOf: [LABEL_VALUE, { type: 'null' }] },
    description:
      'Labels to set or, with null, to remove; labels that are not listed stay (JSON Merge Patch, RFC 7396). Possible in every status.',
    examples: [{ experiment: '18', team: null }],
  }),
  notes: Type.Union([Notes, Type.Null()], {
    title: 'Notes',
    description: 'New notes; null removes them. Possible in every status.',
    examples: ['Second try, with cutout.'],
  }),
};
export type TextChange = { metadata?: Record<string, string | null>; notes?: string | null };

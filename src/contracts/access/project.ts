/** Projects: each job, model, data set, evaluation and import belongs to one. */
import { type Static, Type } from 'typebox';
import { NAME } from '../references/path-part.js';

/** Project of everything that names no other project. It always exists. */
export const DEFAULT_PROJECT = 'default';

/** Maximum number of projects besides `default`. */
export const MAX_PROJECTS = 1_000;

export const ProjectName = Type.String({
  pattern: `^${NAME}$`,
  description: 'Name of a project: 1 to 64 lower-case letters, digits, `.`, `_` and `-`, the first a letter or digit.',
  examples: ['boots'],
});

/** Header by which a request of an admin names a project. */
export const PROJECT_HEADER = 'trainyard-project';

/** Body of `POST /projects`. */
export const ProjectRequest = Type.Object(
  {
    name: ProjectName,
    description: Type.Optional(Type.String({ maxLength: 500, description: 'Text for people, up to 500 characters.' })),
  },
  { additionalProperties: false },
);
export type ProjectRequest = Static<typeof ProjectRequest>;

export const Project = Type.Object(
  {
    name: ProjectName,
    description: Type.Optional(Type.String()),
    createdAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'Time of creation. Absent: the project `default`.' }),
    ),
    createdBy: Type.Optional(Type.String({ description: 'Name of the creator. Absent: the project `default`.' })),
  },
  { additionalProperties: false },
);
export type Project = Static<typeof Project>;

/** All projects that the sender may use, by name; `default` is the first. */
export const ProjectList = Type.Object({ projects: Type.Array(Project) }, { additionalProperties: false });
export type ProjectList = Static<typeof ProjectList>;

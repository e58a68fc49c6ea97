/** Projects of the service, in Redis. The project `default` always exists, and is not stored. */

import { LRUCache } from 'lru-cache';
import { Compile } from 'typebox/compile';
import { DEFAULT_PROJECT, MAX_PROJECTS, Project, type ProjectRequest } from '../contracts/access/project.js';
import { TrainyardError } from '../errors/errors.js';
import { keys, onRedis, type Redis, type ReportCorruptRecord, readOrReport, requireValid } from '../events/index.js';

/** Time for which a process remembers that a project exists, in ms. */
const KNOWN_MS = 60_000;

/** KEYS: the projects. ARGV: name, description as JSON, most projects. Returns `created`, `exists` or `full`. */
const CREATE = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 'exists' end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 'full' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 'created'
`;

type Scripts = Redis & {
  trainyardCreateProject(...args: (string | number)[]): Promise<'created' | 'exists' | 'full'>;
};

const schema = Compile(Project);

export type ProjectRegistry = ReturnType<typeof createProjectRegistry>;

/** `report` is called for entries that are no projects. */
export function createProjectRegistry(redis: Redis, report?: ReportCorruptRecord) {
  redis.defineCommand('trainyardCreateProject', { numberOfKeys: 1, lua: CREATE });
  const scripts = redis as Scripts;
  const known = new LRUCache<string, true>({ max: MAX_PROJECTS, ttl: KNOWN_MS });

  return {
    /** Returns all projects by name, `default` first. */
    async list(): Promise<Project[]> {
      const stored = await onRedis(() => redis.hvals(keys.projects));
      const projects = stored.map((text) =>
        readOrReport('A project', () => requireValid(schema, JSON.parse(text)), report),
      );
      const named = projects.filter((project) => project !== undefined);
      return [{ name: DEFAULT_PROJECT }, ...named.sort((one, other) => (one.name < other.name ? -1 : 1))];
    },

    /** Creates a project. Throws `project_exists`, and `project_limit` if there are `MAX_PROJECTS`. */
    async create({ name, description }: ProjectRequest, createdBy: string): Promise<Project> {
      const createdAt = new Date().toISOString();
      const project: Project = { name, ...(description !== undefined && { description }), createdAt, createdBy };
      const outcome =
        name === DEFAULT_PROJECT
          ? 'exists'
          : await onRedis(() =>
              scripts.trainyardCreateProject(keys.projects, name, JSON.stringify(project), MAX_PROJECTS),
            );
      if (outcome === 'created') return project;
      if (outcome === 'exists') throw new TrainyardError('project_exists', `There is already a project "${name}".`);
      throw new TrainyardError('project_limit', `There are ${MAX_PROJECTS} projects, the limit.`);
    },

    /** Throws `project_not_found` if there is no such project. A process asks Redis for each project once a minute. */
    async require(name: string): Promise<void> {
      if (name === DEFAULT_PROJECT || known.has(name)) return;
      if ((await onRedis(() => redis.hexists(keys.projects, name))) === 0)
        throw new TrainyardError('project_not_found', `There is no project "${name}". GET /projects lists yours.`);
      known.set(name, true);
    },
  };
}

/** The client as others build it: types under strict flags, a small bundle for browsers, and generated types in step. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/errors/errors.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
let folder: string;

beforeAll(async () => {
  await mkdir(join(root, '.cache'), { recursive: true });
  folder = await mkdtemp(join(root, '.cache/client-package-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the types', () => {
  it('are generated from openapi.yaml (if not: npm run openapi)', async () => {
    // It exits with 1 if they differ. Newer releases of Node.js write warnings about packages to stderr.
    const { stdout } = await run(process.execPath, [join(root, 'scripts/client-schema.js'), '--check']);
    expect(stdout).toBe('');
  });

  it('contain every error code of the service, and of the page about errors', async () => {
    const schema = await readFile(join(root, 'src/client/schema.ts'), 'utf8');
    const union = schema.slice(schema.indexOf('export type ErrorCode'));
    const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code);
    expect(codes).toEqual([...ERROR_CODES]);
    const page = await readFile(join(root, 'docs/reference/api.md'), 'utf8');
    const described = [...page.matchAll(/^\| \d{3} \| (.+) \|$/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code),
    );
    expect([...described].sort()).toEqual([...codes].sort());
  });

  it.each([
    ['Node.js', { lib: ['es2023'], types: ['node'] }],
    ['browsers', { lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'], types: [] }],
  ])('compile under the strictest flags in %s', async (name, options) => {
    const file = join(folder, `${name[0]}.ts`);
    const client = JSON.stringify(join(root, 'dist/client/index.js'));
    await writeFile(
      file,
      `
        import { isTrainyardError, Trainyard, verifyWebhook, type Frame } from ${client};
        const trainyard = new Trainyard({ url: 'http://localhost:3000', WebSocket: class {} });
        const signal = AbortSignal.timeout(1);
        const job = await trainyard.jobs.submit({ network: 'resnet', epochs: 1, dataset: 'boots' }, { signal });
        const width: number = job.spec.epochs;
        for await (const frame of trainyard.jobs.follow(job.id, { after: width, signal: undefined })) {
          if (frame.type === 'epoch') console.log(frame.testAccuracy.toFixed(2));
        }
        const frames: AsyncIterable<Frame> = trainyard.jobs.followAll();
        for await (const { id } of trainyard.jobs.list({ status: 'running' })) console.log(id, frames);
        const { predictions } = await trainyard.models.predict(new Blob([]), { model: 'boots', topK: 1 });
        const label: string | undefined = predictions[0]?.[0]?.label;
        try {
          await verifyWebhook({ payload: '', headers: new Headers(), secret: '' });
        } catch (error) {
          if (isTrainyardError(error) && error.code === 'model_not_found') console.log(error.errors[0]?.pointer, label);
          // @ts-expect-error: no such code
          if (isTrainyardError(error) && error.code === 'model_lost') console.log(error);
        }
        // @ts-expect-error: no such field
        await trainyard.jobs.submit({ network: 'resnet', epoch: 1 });
        // @ts-expect-error: no such network
        await trainyard.jobs.plan({ network: 'vgg' });
      `,
    );
    const flags = [
      'strict',
      'exactOptionalPropertyTypes',
      'noUncheckedIndexedAccess',
      'noPropertyAccessFromIndexSignature',
      'noImplicitOverride',
      'noImplicitReturns',
      'noUnusedLocals',
      'noUnusedParameters',
      'noFallthroughCasesInSwitch',
      'verbatimModuleSyntax',
      'isolatedModules',
    ];
    const compilerOptions = {
      ...Object.fromEntries(flags.map((flag) => [flag, true])),
      target: 'es2023',
      module: 'nodenext',
      skipLibCheck: false,
      noEmit: true,
      ...options,
    };
    const config = join(folder, `${name[0]}.json`);
    await writeFile(config, JSON.stringify({ compilerOptions, files: [file] }));
    // The checks of libraries would include those of @types/node, which other packages bring in.
    const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), ['-p', config]).catch((error) => error);
    expect(stdout.split('\n').filter((line: string) => !line.includes('node_modules/'))).toEqual(['']);
  });
});

describe('a bundle for browsers', () => {
  it('contains at most 8 kB (gzip) of the client, and imports nothing', async () => {
    const input = join(folder, 'page.mjs');
    const client = JSON.stringify(join(root, 'dist/client/index.js'));
    // All that a page needs: webhooks are for servers, and a bundle leaves their check out.
    await writeFile(input, `export { ConnectionError, isTrainyardError, Trainyard, TrainyardError } from ${client};`);
    const bundle = await rolldown({ input, platform: 'browser' });
    const { output } = await bundle.generate({ format: 'es', minify: true });
    const [chunk] = output;
    expect(output).toHaveLength(1);
    expect([chunk.imports, chunk.dynamicImports]).toEqual([[], []]);
    const bytes = gzipSync(chunk.code, { level: 9 }).byteLength;
    expect(bytes).toBeLessThanOrEqual(8 * 1024);
    await writeFile(join(folder, 'client.mjs'), chunk.code);
    // A runtime without files, as in a browser: paths are refused, bytes are not.
    const program = `
      process.getBuiltinModule = undefined;
      const { Trainyard } = await import('./client.mjs');
      const trainyard = new Trainyard({ url: 'http://localhost:1', fetch: async (url, { body }) => {
        return Response.json({ size: (await new Response(body).arrayBuffer()).byteLength });
      } });
      console.log(JSON.stringify([
        await trainyard.models.predict('boot.png').catch(({ message }) => message),
        await trainyard.models.predict(new Blob(['abc'])),
        await trainyard.datasets.import('a', [new File(['abc'], 'a/1.png')]),
      ]));
    `;
    await writeFile(join(folder, 'program.mjs'), program);
    const { stdout } = await run(process.execPath, [join(folder, 'program.mjs')]);
    expect(JSON.parse(stdout)).toEqual([
      expect.stringMatching(/no paths in a browser/),
      { size: 3 },
      { size: 30 + 7 + 3 + 46 + 7 + 22 },
    ]);
  });
});

/** `trainyard watch`: full-screen view of the running jobs. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { type Context, openContext } from '../context.js';
import { describeError, isUnreachable } from '../errors-text.js';
import { EXIT, usageError } from '../exit-codes.js';
import { type FullScreen, openFullScreen } from '../output/full-screen.js';
import { applyFrame, createRunState, type RunState } from '../run-state.js';
import type { Job, StreamFrame } from '../service-types.js';
import { runsThatFit, watchLines } from '../watch-view.js';

const REFRESH_MS = 2_000;
const DRAW_MS = 200;
const MAX_RUNS = 16;
const MAX_LISTED = 200;
const KEYS = { quit: ['q', 'Q', '\u0003', '\u001b'], up: ['\u001b[A', 'k'], down: ['\u001b[B', 'j'] } as const;

export function registerWatch(program: Command): void {
  program
    .command('watch')
    .summary('watch the running jobs on the whole terminal')
    .description(
      'Watch the running jobs with their curves. Keys: q or Ctrl-C quits, ↑ and ↓ scroll. --json prints frames.',
    )
    .action(async (_: object, command: Command) => {
      const context = openContext(command);
      if (context.output.json) return printFrames(context);
      if (!context.output.isTerminal || !process.stdin.isTTY)
        throw usageError('`watch` needs a terminal.', 'Use `trainyard jobs ls`, or `trainyard watch --json`.');
      await watch(context);
    });
}

/** Prints the frames of the running jobs, as they come. */
async function printFrames({ client, output, signal }: Context): Promise<void> {
  const { jobs } = await client();
  const ids: string[] = [];
  for await (const { id } of jobs.list({ status: 'running', limit: 100, signal })) if (ids.push(id) === 100) break;
  if (ids.length === 0) return output.note('No job is running.');
  await Promise.all(
    ids.map(async (id) => {
      for await (const frame of jobs.follow(id, { signal })) output.value(frame);
    }),
  );
}

/** A run that is followed. */
type Followed = Readonly<{ state: RunState; stop: AbortController }>;

/** Shows the view until a key quits it. */
async function watch(context: Context): Promise<void> {
  const view = createView(context);
  const quit = new AbortController();
  const onKey = (key: string): void => {
    if (KEYS.quit.some((each) => each === key)) quit.abort();
    else view.scroll(KEYS.down.some((each) => each === key) ? 1 : KEYS.up.some((each) => each === key) ? -1 : 0);
  };
  // The first answer comes before the screen: an error then appears on the normal screen.
  await view.refresh();
  const screen = openFullScreen(process.stdin, process.stdout, { key: onKey, resize: () => view.draw(screen) });
  const signal = AbortSignal.any([quit.signal, context.signal]);
  const drawing = setInterval(() => view.draw(screen), DRAW_MS);
  try {
    view.draw(screen);
    while (!signal.aborted) {
      await delay(REFRESH_MS, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await Promise.race([view.refreshOrFault(), aborted(signal)]);
    }
  } finally {
    clearInterval(drawing);
    screen.close();
    view.close();
  }
  process.exitCode = context.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** Keeps the runs up to date and draws them. */
function createView({ client, settings, signal }: Context) {
  const followed = new Map<string, Followed>();
  let waiting: Job[] = [];
  let first = 0;
  let fault: string | undefined;

  async function listOpenJobs(): Promise<Job[]> {
    const { jobs } = await client();
    const found: Job[] = [];
    for await (const job of jobs.list({ status: 'running,queued,paused', limit: 100, signal }))
      if (found.push(job) === MAX_LISTED) break;
    return found;
  }

  async function follow(job: Job): Promise<void> {
    const entry: Followed = { state: createRunState(job), stop: new AbortController() };
    followed.set(job.id, entry);
    const { jobs } = await client();
    const end = AbortSignal.any([signal, entry.stop.signal]);
    try {
      for await (const frame of jobs.follow(job.id, { signal: end })) applyFrame(entry.state, frame as StreamFrame);
    } catch {
      // The next refresh follows the job again if it still runs.
      followed.delete(job.id);
    }
  }

  async function refresh(): Promise<void> {
    const open = await listOpenJobs();
    const running = open.filter(({ status }) => status === 'running').slice(0, MAX_RUNS);
    waiting = open.filter(({ status }) => status !== 'running').reverse();
    for (const [id, { stop }] of followed) {
      if (running.some((job) => job.id === id)) continue;
      stop.abort();
      followed.delete(id);
    }
    for (const job of running) if (!followed.has(job.id)) void follow(job);
    fault = undefined;
  }

  return {
    refresh,
    async refreshOrFault(): Promise<void> {
      await refresh().catch((error: unknown) => {
        fault = isUnreachable(error)
          ? 'The service cannot be reached. Waiting for it …'
          : describeError(error, settings.url).lines[0];
      });
    },
    scroll(by: number): void {
      first = Math.max(0, Math.min(followed.size - 1, first + by));
    },
    draw(screen: FullScreen): void {
      const { columns, rows } = screen.size();
      const runs = [...followed.values()].map(({ state }) => state);
      first = Math.max(0, Math.min(first, runs.length - runsThatFit(rows)));
      screen.draw(watchLines({ url: settings.url, runs, waiting, first, fault }, columns, rows));
    },
    close(): void {
      for (const { stop } of followed.values()) stop.abort();
    },
  };
}

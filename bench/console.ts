/**
 * `npm run bench:console`: measures the console in Chromium: the first page with a cold cache, a job page with 20,000 frames, a list of
 * 10,000 jobs, what an open job page costs the trainer and the API, and the thinned metrics of a job with 1,000,000 frames.
 * `--jobs N` (default 10000): jobs in the list. `--frames N` (default 20000): `step` frames of the job. `--rounds N` (default 8) and
 * `--seconds N` (default 20): measurements of the training with and without a page, in turn. `--long N` (default 1000000): frames of the
 * long job. `--only first,job,list,cost,metrics`: parts.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type CDPSession, chromium, type Page } from 'playwright-core';
import { chromiumPath, whySkipped } from '../scripts/chromium.js';
import type { Job, JobRequest } from '../src/contracts/jobs/job.js';
import { call, submit, trainingRate, waitForFrame } from './support/jobs.js';
import { storeSteps } from './support/long-job.js';
import { chooseNames, wholeNumber } from './support/options.js';
import { describeMachine, printMachine, printTable, type Target, verdict } from './support/report.js';
import { startTrainyard } from './support/service.js';
import { median, quantile } from './support/statistics.js';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '10000' },
    frames: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '20' },
    long: { type: 'string', default: '1000000' },
    only: { type: 'string', default: 'first,job,cost,list,metrics' },
  },
});
const jobCount = wholeNumber('jobs', values.jobs);
const frameCount = wholeNumber('frames', values.frames);
const rounds = wholeNumber('rounds', values.rounds);
const seconds = wholeNumber('seconds', values.seconds);
const longFrames = wholeNumber('long', values.long);
const parts = chooseNames('only', values.only, ['first', 'job', 'cost', 'list', 'metrics']);

/** Trains some hundred steps a second. */
const QUICK_JOB = {
  name: 'quick',
  network: 'resnet',
  networkOptions: { stem: 'small', width: 8, blocks: [1] },
  dataset: { name: 'synthetic', resize: 8, trainSamples: 8_192, testSamples: 64, validationSamples: 64 },
  batchSize: 32,
  epochs: 10_000,
  stepInterval: 1,
} satisfies JobRequest;
/** ResNet-18 at 28 pixels. A step takes about 0.17 s on two cores. */
const SLOW_JOB = {
  name: 'slow',
  network: 'resnet',
  dataset: { name: 'synthetic', resize: 28 },
  batchSize: 64,
  epochs: 1_000,
  stepInterval: 10,
} satisfies JobRequest;

/** Mark in a trace of the browser: a chart is drawn. */
const DRAWN_MARK = 'chart-drawn';

/** Scripts that run in the page. */
const NOTE_DRAWINGS = `
  const { prototype } = CanvasRenderingContext2D;
  const clear = prototype.clearRect;
  globalThis.drawn = { lastDrawnAt: 0 };
  prototype.clearRect = function (...box) {
    performance.mark('${DRAWN_MARK}');
    drawn.lastDrawnAt = performance.now();
    clear.apply(this, box);
  };`;
const HISTORY_ARRIVED = `
  performance.getEntriesByType('resource').find(({ name }) => name.includes('/metrics?')).responseEnd`;
/** Scrolls from the top to the bottom of the page. Returns the times between two frames, and the tasks longer than 50 ms. */
const SCROLL = `(async () => {
  const tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ entryTypes: ['longtask'] });
  const gaps = [];
  scrollTo(0, 0);
  const step = Math.max(400, document.documentElement.scrollHeight / 240);
  let last = performance.now();
  for (let frame = 0; frame < 240; frame++) {
    scrollBy(0, step);
    await new Promise((resolve) => requestAnimationFrame(resolve));
    gaps.push(performance.now() - last);
    last = performance.now();
  }
  observer.disconnect();
  return { gaps, tasks };
})()`;

/** Longest time between two frames of the browser that still looks smooth, in milliseconds. */
const SMOOTH_MS = 50;
/** Longest answer to a filter or a sort that a person does not wait for, in milliseconds. */
const ANSWER_MS = 500;
/** Time limit of the thinned metrics of a million frames, in milliseconds. */
const LONG_MS = 10_000;

type Row = readonly [what: string, value: string, target: string, verdict: string];
const rows: Row[] = [];
const note = (what: string, value: number, target: Target, text = value.toFixed(1)): void =>
  void rows.push([what, text, ...verdict(value, target)]);

const machine = await describeMachine();
const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
const service = await startTrainyard(dataDir, {
  QUEUE_DEPTH: '1000000',
  STREAM_STEP_FRAMES: '1000000',
  JOB_FRAMES_MB: '1024',
  LOG_LEVEL: 'warn',
});
if (chromiumPath === undefined) throw new Error(whySkipped);
const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
try {
  const measure = {
    first: measureFirstPage,
    job: measureJobPage,
    cost: measureCost,
    list: measureList,
    metrics: measureLongJob,
  };
  for (const part of parts) await measure[part]();
  printMachine(machine, `Chromium ${browser.version()}`);
  printTable(['', 'measured', 'target', ''], rows);
} finally {
  await browser.close();
  await service.close();
  await rm(dataDir, { recursive: true });
}

/** Opens a page of the console with an empty cache. Notes when charts are drawn: uPlot clears its canvas each time. */
async function openPage(path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(NOTE_DRAWINGS);
  await page.goto(`${service.address}/ui${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

/** Measures the time until the heading of the first page is there and its main link works, in milliseconds. */
async function measureFirstPage(): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${service.address}/ui/`, { waitUntil: 'commit' });
    await page.getByRole('heading', { level: 1 }).waitFor();
    times.push(Number(await page.evaluate('performance.now()')));
    await context.close();
  }
  note('first page interactive, cold cache, ms', median(times), { atMost: 1_000 }, median(times).toFixed(0));
}

type Drawn = Readonly<{ lastDrawnAt: number }>;
function drawnOf(page: Page): Promise<Drawn> {
  return page.evaluate('drawn');
}

async function measureJobPage(): Promise<void> {
  const job = await submit(service.address, QUICK_JOB);
  await waitForSteps(job, frameCount);
  await call(`${service.address}/jobs/${job.id}/pause`, { method: 'POST' });
  await waitForStatus(job, 'paused');
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const page = await openPage(`/jobs/${job.id}`);
    await page.locator('.chart-plot canvas').first().waitFor();
    await page.waitForLoadState('networkidle');
    const { lastDrawnAt } = await drawnOf(page);
    const answeredAt: number = await page.evaluate(HISTORY_ARRIVED);
    times.push(lastDrawnAt - answeredAt);
    await page.context().close();
  }
  const what = `job page, ${frameCount} frames: history drawn after its arrival, ms`;
  note(what, median(times), { atMost: 400 }, median(times).toFixed(0));
  await measureUpdates(job);
  await cancel(job);
}

/** Measures what the page does while the job trains on: how long an update takes, and its share of a core with everything else. */
async function measureUpdates(job: Job): Promise<void> {
  const page = await openPage(`/jobs/${job.id}`);
  await page.locator('.chart-plot canvas').first().waitFor();
  await page.waitForLoadState('networkidle');
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  await call(`${service.address}/jobs/${job.id}/resume`, { method: 'POST' });
  await waitForStatus(job, 'running');
  await wait(5_000);
  const before = await cpuSeconds(cdp);
  const updates = await updateTimes(cdp, 1_000 * seconds);
  const share = (100 * ((await cpuSeconds(cdp)) - before)) / seconds;
  note(`job page, ${frameCount} frames: an update of the charts, ms`, median(updates), { atMost: 30 });
  rows.push([
    `job page: main thread with ${await framesPerSecond(job)} frames/s, % of a core`,
    share.toFixed(1),
    '',
    '',
  ]);
  await page.context().close();
}

/** Returns the time of each task of the page that draws charts, in ms. Layout and scripts of the update are in the same task. */
async function updateTimes(cdp: CDPSession, milliseconds: number): Promise<number[]> {
  const tasks: { start: number; end: number }[] = [];
  const drawings: number[] = [];
  cdp.on('Tracing.dataCollected', ({ value }) => {
    for (const { name, ts, dur = 0 } of value as unknown as readonly { name: string; ts: number; dur?: number }[]) {
      if (name === 'RunTask') tasks.push({ start: ts, end: ts + dur });
      if (name === DRAWN_MARK) drawings.push(ts);
    }
  });
  const categories = ['disabled-by-default-devtools.timeline', 'devtools.timeline', 'blink.user_timing', 'toplevel'];
  await cdp.send('Tracing.start', { traceConfig: { includedCategories: categories }, transferMode: 'ReportEvents' });
  await wait(milliseconds);
  const complete = new Promise((resolve) => cdp.once('Tracing.tracingComplete', resolve));
  await cdp.send('Tracing.end');
  await complete;
  const drew = tasks.filter(({ start, end }) => drawings.some((at) => at >= start && at <= end));
  return drew.map(({ start, end }) => (end - start) / 1_000);
}

/** Returns how many frames a second the job has sent. */
async function framesPerSecond({ id }: Job): Promise<number> {
  const seq = async (): Promise<number> =>
    (await call<{ lastSeq: number }>(`${service.address}/jobs/${id}/metrics?points=100&types=step`)).lastSeq;
  const before = await seq();
  await wait(2_000);
  return Math.round(((await seq()) - before) / 2);
}

async function cpuSeconds(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
}

/** Measures the training rate without and with an open page of the job in turn, and the CPU time of the API. */
async function measureCost(): Promise<void> {
  const job = await submit(service.address, SLOW_JOB);
  await waitForFrame(service.address, job.id, 'step');
  await wait(5_000); // the first steps are slower
  const api = await findApi();
  const ratios: number[] = [];
  const shares: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const alone = await trainingRate(service.address, job, () => wait(1_000 * seconds));
    const page = await openPage(`/jobs/${job.id}`);
    await page.locator('.chart-plot canvas').first().waitFor();
    await wait(2_000);
    const before = await cpuOf(api);
    const followed = await trainingRate(service.address, job, () => wait(1_000 * seconds));
    shares.push((await cpuOf(api)) - before);
    await page.context().close();
    ratios.push(followed / alone);
    console.error(
      `round ${round} of ${rounds}: ${alone.toFixed(0)} images/s alone, ${followed.toFixed(0)} with the page`,
    );
  }
  const share = (100 * median(shares)) / seconds;
  note('training rate with an open job page, share', median(ratios), { atLeast: 0.99 }, median(ratios).toFixed(3));
  note('API with an open job page, % of a core', share, { atMost: 5 });
  await cancel(job);
}

/** Returns the process id of the API. */
async function findApi(): Promise<number> {
  for (const name of await readdir('/proc')) {
    const command = /^\d+$/.test(name) ? await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '') : '';
    if (!/dist\/server\.js/.test(command)) continue;
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    if (environment.includes(`DATA_DIR=${dataDir}`)) return Number(name);
  }
  throw new Error('The process of the API was not found.');
}

/** Returns the CPU time of a process so far, in seconds. */
async function cpuOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function measureList(): Promise<void> {
  console.error(`submitting ${jobCount} jobs`);
  for (let submitted = 0; submitted < jobCount; submitted += 50)
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => submit(service.address, { ...QUICK_JOB, name: `listed-${submitted + i}` })),
    );
  const page = await openPage('/jobs');
  await page.getByRole('table').first().waitFor();
  const what = `list of ${jobCount} jobs`;
  await timed(`${what}: all loaded, ms`, undefined, async () => {
    await page.getByRole('button', { name: 'Load all' }).click();
    await page.getByRole('button', { name: 'Load all' }).waitFor({ state: 'detached' });
  });
  const { gaps, tasks }: { gaps: number[]; tasks: number[] } = await page.evaluate(SCROLL);
  note(`${what}: p95 between two frames while it scrolls, ms`, quantile(gaps, 0.95), { atMost: SMOOTH_MS });
  note(`${what}: longest task while it scrolls, ms`, Math.max(0, ...tasks), { atMost: 4 * SMOOTH_MS });
  await timed(`${what}: name filter answered, ms`, { atMost: ANSWER_MS }, async () => {
    await page.getByLabel('Name or id contains').fill(`listed-${jobCount - 1}`);
    await page.getByText('1 of', { exact: false }).first().waitFor();
  });
  await page.getByLabel('Name or id contains').fill('');
  await page.context().close();
  const fresh = await openPage('/jobs');
  await fresh.getByRole('table').first().waitFor();
  await timed(`${what}: sorted by name from the service, ms`, { atMost: ANSWER_MS }, async () => {
    await fresh.getByRole('button', { name: 'Job', exact: true }).click();
    await fresh.locator('tr[data-row="0"]', { hasText: 'listed-0' }).waitFor();
  });
  await fresh.context().close();
}

/** Notes how long an action takes. */
async function timed(what: string, target: Target | undefined, action: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await action();
  const milliseconds = performance.now() - start;
  if (target === undefined) rows.push([what, milliseconds.toFixed(0), '', '']);
  else note(what, milliseconds, target, milliseconds.toFixed(0));
}

/** Measures the thinned metrics of a job with very many frames, and how long other requests wait meanwhile. */
async function measureLongJob(): Promise<void> {
  const job = await submit(service.address, QUICK_JOB);
  await cancel(job);
  await storeSteps(dataDir, job.id, longFrames);
  const waits: number[] = [];
  let isOver = false;
  const others = (async () => {
    while (!isOver) {
      const start = performance.now();
      await fetch(`${service.address}/livez`);
      waits.push(performance.now() - start);
      await wait(5);
    }
  })();
  const what = `metrics?points=6000 of ${longFrames} frames`;
  await timed(`${what}, ms`, { atMost: LONG_MS }, async () => {
    const { frames } = await call<{ frames: unknown[] }>(`${service.address}/jobs/${job.id}/metrics?points=6000`);
    if (frames.length > 6_100) throw new Error(`The answer has ${frames.length} frames.`);
  });
  isOver = true;
  await others;
  note(`${what}: longest wait of another request, ms`, Math.max(...waits), { atMost: SMOOTH_MS });
}

async function waitForSteps({ id }: Job, steps: number): Promise<void> {
  for (;;) {
    const job = await call<Job>(`${service.address}/jobs/${id}`);
    const { epoch = 1, step = 0, steps: perEpoch = 1 } = job.progress ?? {};
    if ((epoch - 1) * perEpoch + step >= steps) return;
    if (job.endedAt !== undefined) throw new Error(`The job ended: ${JSON.stringify(job.error ?? job.reason)}`);
    await wait(500);
  }
}

async function waitForStatus({ id }: Job, status: Job['status']): Promise<void> {
  while ((await call<Job>(`${service.address}/jobs/${id}`)).status !== status) await wait(100);
}

async function cancel(job: Job): Promise<void> {
  await call(`${service.address}/jobs/${job.id}`, { method: 'DELETE' });
  await waitForStatus(job, 'cancelled');
}

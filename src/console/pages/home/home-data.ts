/** Data of the first page. */
import { client } from '../../data/service.js';

/** Jobs of each kind that the page names. */
const SHOWN = 6;
/** Waiting jobs that are counted; beyond it the count has a `+`. */
const COUNTED = 100;

export type HomeData = Awaited<ReturnType<typeof loadHome>>;

export async function loadHome(signal: AbortSignal) {
  const jobs = (status: string, limit = SHOWN) => client.jobs.list({ status, limit, signal }).page();
  const [running, queued, paused, ended, models, workers, storage] = await Promise.all([
    jobs('running'),
    client.jobs.list({ status: 'queued', sort: 'position', limit: COUNTED, signal }).page(),
    jobs('paused', COUNTED),
    jobs('succeeded,failed,cancelled'),
    client.models.list({ signal, limit: 100 }).page(),
    client.workers.list({ signal }),
    client.service.storage({ signal }),
  ]);
  return { running: running.jobs, queued, paused, ended: ended.jobs, models: models.models, workers, storage };
}

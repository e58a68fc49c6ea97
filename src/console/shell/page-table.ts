/** The pages of the console by route. Each is a chunk that is loaded when the page is opened. */
import type { ComponentType } from 'preact';
import type { ParamsOf, RouteName } from '../router/routes.js';

type Page<Name extends RouteName> = ComponentType<ParamsOf<Name>>;

export const PAGES: { [Name in RouteName]: () => Promise<Page<Name>> } = {
  home: async () => (await import('../pages/home/home-page.js')).HomePage,
  jobs: async () => (await import('../pages/jobs/jobs-page.js')).JobsPage,
  newJob: async () => (await import('../pages/new-job/new-job-page.js')).NewJobPage,
  job: async () => (await import('../pages/job/job-page.js')).JobPage,
  compare: async () => (await import('../pages/compare/compare-page.js')).ComparePage,
  models: async () => (await import('../pages/models/models-page.js')).ModelsPage,
  model: async () => (await import('../pages/model/model-page.js')).ModelPage,
  version: async () => (await import('../pages/version/version-page.js')).VersionPage,
  try: async () => (await import('../pages/try/try-page.js')).TryPage,
  datasets: async () => (await import('../pages/datasets/datasets-page.js')).DatasetsPage,
  dataset: async () => (await import('../pages/dataset/dataset-page.js')).DatasetPage,
  system: async () => (await import('../pages/system/system-page.js')).SystemPage,
};

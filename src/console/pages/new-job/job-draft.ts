/** State of the page: the request, its plan, and the link that shows both to a colleague. */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { isTrainyardError, type JobPlan, type TrainyardError, type WrongField } from 'trainyard';
import { withoutRoutes } from '../../components/states.js';
import { client, loadFaultOf, onComeback, sentenceOf } from '../../data/service.js';
import { queryText, setQuery } from '../../router/router.js';
import { decodeDraft, encodeDraft } from './draft-link.js';
import { pathOfPointer, submissionOf } from './job-form.js';
import { parseSource, RECIPES, type RequestSource, requestFrom, requestLike, specOfStart } from './job-sources.js';
import { isObject, isSame, type Json, type JsonObject, withoutShortForms } from './request-draft.js';

const draftQuery = queryText('draft');
const recipeQuery = queryText('recipe');
const fromQuery = queryText('from');
const copyQuery = queryText('copy');
const datasetQuery = queryText('dataset');

/** Returns what the address says about the request. Its other parameters, such as the tab, leave the form as it is. */
const sourceOfAddress = (): string =>
  JSON.stringify([draftQuery, recipeQuery, fromQuery, copyQuery, datasetQuery].map((query) => query.peek()));

export type PlanState = Readonly<{
  /** The latest plan. It may be of an earlier request while a new one is planned or refused. */
  plan?: JobPlan;
  /** Wrong fields of the current request. */
  errors: readonly WrongField[];
  /** Why there is no plan, if no field is to blame. */
  fault?: string;
  isPlanning: boolean;
}>;

/** Time without a change after which the request is planned. */
const PLAN_AFTER_MS = 300;
/** Time without a change after which the address has the draft. */
const LINK_AFTER_MS = 300;

/** The request of an empty form. */
const START: JsonObject = { network: 'resnet' };

/** Pointer of the error of a data set that cannot be read. The service's own errors name the field in another form. */
const UNREADABLE_DATASET = '/dataset';

/** Returns whether a request is that of an empty form. */
export const isEmptyForm = (request: JsonObject): boolean => isSame(request, START);

export type JobDraft = ReturnType<typeof createJobDraft>;

/** Creates the state. `close` aborts the calls that are under way. */
export function createJobDraft() {
  const request: Signal<JsonObject> = signal(START);
  const planner = createPlanner();
  const start = createStart();
  /** Why the source of the request could not be read. */
  const sourceFault: Signal<string | undefined> = signal(undefined);
  /** The job or model whose settings the request began with. */
  const copied: Signal<RequestSource | undefined> = signal(undefined);
  let writtenSource: string | undefined;
  let loading = new AbortController();
  let linkTimer: ReturnType<typeof setTimeout> | undefined;

  function show(next: JsonObject): void {
    if (start.follow(next)) planner.forget();
    request.value = withoutShortForms(next);
    planner.plan(request.peek());
  }

  function writeLink(): void {
    setQuery({ draft: isEmptyForm(request.peek()) ? undefined : encodeDraft(request.peek()) });
    writtenSource = sourceOfAddress();
  }

  /** Reads the address again, after a link on this page or a step in the browser's history. */
  async function readAddress(): Promise<void> {
    if (sourceOfAddress() === writtenSource) return;
    writtenSource = sourceOfAddress();
    clearTimeout(linkTimer);
    loading.abort();
    loading = new AbortController();
    const { signal: aborted } = loading;
    sourceFault.value = undefined;
    copied.value = undefined;
    const found = await requestOfAddress(aborted).catch((error: unknown) => {
      if (!aborted.aborted) sourceFault.value = loadFaultOf(error);
      return undefined;
    });
    if (aborted.aborted) return;
    copied.value = found && parseSource(copyQuery.peek());
    show(found ?? START);
  }

  const stopWatching = onComeback(() => {
    if (sourceFault.peek() === undefined) return;
    writtenSource = undefined;
    void readAddress();
  });

  return {
    request: request as ReadonlySignal<JsonObject>,
    planned: planner.planned,
    sourceSpec: start.spec,
    /** What the plan has resolved; before there is one, the spec of the starting point. */
    spec: computed(() => specOf(planner.planned.value.plan) ?? start.spec.value),
    sourceFault: sourceFault as ReadonlySignal<string | undefined>,
    copied: copied as ReadonlySignal<RequestSource | undefined>,
    refuse: planner.refuse,

    /** Sets the request. The plan follows, and the address. */
    update(next: JsonObject): void {
      if (isSame(next, request.peek())) return;
      show(next);
      clearTimeout(linkTimer);
      linkTimer = setTimeout(writeLink, LINK_AFTER_MS);
    },

    readAddress,

    close(): void {
      stopWatching();
      loading.abort();
      clearTimeout(linkTimer);
      planner.close();
      start.close();
    },
  };
}

const specOf = (plan: JobPlan | undefined): JsonObject | undefined => plan?.spec as unknown as JsonObject | undefined;

/** Loads the spec of the starting point of a request. */
function createStart() {
  const spec: Signal<JsonObject | undefined> = signal(undefined);
  let loading = new AbortController();
  let known: Json | undefined;

  return {
    spec: spec as ReadonlySignal<JsonObject | undefined>,
    /** Loads the spec if the starting point has changed, and returns whether it has. */
    follow(request: JsonObject): boolean {
      const place = isObject(request['from']) ? withoutMode(request['from']) : undefined;
      if (isSame(place, known)) return false;
      known = place;
      loading.abort();
      loading = new AbortController();
      const { signal: aborted } = loading;
      spec.value = undefined;
      // If there is no such starting point, the plan says so.
      const found = specOfStart(request, aborted).catch(() => undefined);
      void found.then((value) => {
        if (!aborted.aborted) spec.value = value;
      });
      return true;
    },
    close: (): void => loading.abort(),
  };
}

const withoutMode = ({ mode: _, checkpoint: __, ...place }: JsonObject): JsonObject => place;

/** Plans a request once it has not changed for a moment. A newer request aborts the plan of an older one. */
function createPlanner() {
  const planned: Signal<PlanState> = signal({ errors: [], isPlanning: true });
  let planning = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest: JsonObject | undefined;
  const stopWatching = onComeback(() => {
    if (latest !== undefined && planned.peek().fault !== undefined) plan(latest);
  });

  async function planNow(request: JsonObject): Promise<void> {
    planning = new AbortController();
    const { signal: aborted } = planning;
    const outcome = await client.jobs.plan(submissionOf(request), { signal: aborted }).then(
      (plan): PlanState => ({ plan, errors: [], isPlanning: false }),
      (error: unknown): PlanState => refused(planned.peek(), error, loadFaultOf),
    );
    if (!aborted.aborted) planned.value = outcome;
  }

  function cancel(): void {
    planning.abort();
    clearTimeout(timer);
  }

  function plan(request: JsonObject): void {
    cancel();
    latest = request;
    planned.value = { ...planned.peek(), isPlanning: true };
    timer = setTimeout(() => void planNow(request), PLAN_AFTER_MS);
  }

  return {
    planned: planned as ReadonlySignal<PlanState>,
    plan,
    /** Shows the errors with which the service refused the submission. */
    refuse(error: unknown): void {
      planned.value = refused(planned.peek(), error, sentenceOf);
    },
    /** Drops the latest plan, which says nothing about a request with another starting point. */
    forget(): void {
      planned.value = { errors: [], isPlanning: true };
    },
    close(): void {
      cancel();
      stopWatching();
    },
  };
}

/** Returns the state after an error. The latest plan stays. */
function refused({ plan }: PlanState, error: unknown, textOf: (error: unknown) => string): PlanState {
  const errors = isTrainyardError(error) ? errorsOf(error) : [];
  const fault = errors.length > 0 ? {} : { fault: textOf(error) };
  return { ...(plan && { plan }), errors, ...fault, isPlanning: false };
}

/** Returns the wrong fields of an answer. A data set whose files are missing or damaged is an error of its field. */
function errorsOf({ code, errors, detail }: TrainyardError): readonly WrongField[] {
  return code === 'dataset_corrupt' ? [{ pointer: UNREADABLE_DATASET, message: withoutRoutes(detail) }] : errors;
}

/** Resolves with the request that the address names: a draft, a recipe, a source to copy, or a starting point. */
async function requestOfAddress(aborted: AbortSignal): Promise<JsonObject> {
  const draft = draftQuery.peek();
  if (draft !== '') {
    const found = decodeDraft(draft);
    if (found !== undefined) return found;
    throw new Error('The link to this draft is incomplete. Ask for it again, or begin with an empty form.');
  }
  const recipe = recipeQuery.peek();
  if (recipe !== '') return withDataset(recipeNamed(recipe));
  const [copied, from] = [parseSource(copyQuery.peek()), parseSource(fromQuery.peek())];
  if (copied !== undefined) return withDataset(await requestLike(copied, aborted));
  return withDataset(from === undefined ? START : await requestFrom(from, aborted));
}

function recipeNamed(name: string): JsonObject {
  const recipe = RECIPES.find((each) => each.name === name);
  if (recipe !== undefined) return recipe.request;
  throw new Error(`There is no recipe ${name}. There are: ${RECIPES.map((each) => each.name).join(', ')}.`);
}

/** Sets the data set that the address names. The name of a recipe's model says what it was trained on, so it goes. */
function withDataset(request: JsonObject): JsonObject {
  const name = datasetQuery.peek();
  if (name === '') return request;
  const { name: _, ...rest } = request;
  return { ...rest, dataset: { name } };
}

/** Returns whether the files of the data set are missing or damaged. */
export const isDatasetUnreadable = (errors: readonly WrongField[]): boolean =>
  errors.some(({ pointer }) => pointer === UNREADABLE_DATASET);

/** Returns the error of a field, or of a value within it. */
export const errorAt = (errors: readonly WrongField[], path: string): WrongField | undefined =>
  errors.find(({ pointer }) => pathOfPointer(pointer) === path);

/** Returns the errors that belong to no field of the form. */
export const otherErrors = (errors: readonly WrongField[]): readonly WrongField[] =>
  errors.filter(({ pointer }) => pathOfPointer(pointer) === undefined);

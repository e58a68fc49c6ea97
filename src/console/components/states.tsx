/** States of a page or a part of it: loading, empty, failed, gone. */
import './states.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Resource } from '../data/resource.js';
import { connection, isGone, isLost, isMalformed, loadFaultOf, sentenceOf } from '../data/service.js';
import { route } from '../router/router.js';
import { type RouteName, to } from '../router/routes.js';
import { Button, ButtonLink } from './button.js';
import { Icon, type IconName } from './icon.js';

/** A skeleton appears only after this: a fast answer needs none. */
const SKELETON_AFTER_MS = 200;

/** Grey lines in place of what is loading. */
export function Skeleton({ lines = 3, height = 16 }: { lines?: number; height?: number }) {
  const [isShown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="skeleton" aria-busy="true" data-shown={isShown}>
      <span class="visually-hidden">Loading</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} style={{ height: `${height}px`, width: `${[92, 78, 86, 64][index % 4]}%` }} />
      ))}
    </div>
  );
}

type StateProps = Readonly<{
  title: string;
  icon?: IconName;
  children?: ComponentChildren;
  /** What to do next: buttons or links. */
  actions?: ComponentChildren;
}>;

/** Says that there is nothing yet, and what to do next. */
export function EmptyState({ title, icon, children, actions }: StateProps) {
  return (
    <div class="state">
      {icon && <Icon name={icon} size={24} />}
      <h2>{title}</h2>
      {children !== undefined && <p class="muted">{children}</p>}
      {actions !== undefined && <div class="row">{actions}</div>}
    </div>
  );
}

/** Says why something failed, in the service's own sentence, and offers to try again. */
export function ErrorState({
  error,
  onRetry,
  title,
  note,
}: {
  error: unknown;
  onRetry?: () => void;
  title?: string;
  /** What happens next, if nobody has to do anything. */
  note?: string;
}) {
  const gone = isGone(error);
  return (
    <div class="state" role="alert">
      <Icon name={gone ? 'search' : 'warning'} size={24} />
      <h2>{title ?? (gone ? 'This is gone, or never existed' : 'This did not work')}</h2>
      <p class="muted wrap-anywhere">{gone ? goneText(error) : loadFaultOf(error)}</p>
      {note !== undefined && !gone && !isLost(error) && <p class="muted">{note}</p>}
      {gone && <WayOn />}
      {onRetry !== undefined && !gone && (
        <Button icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

const goneText = (error: unknown): string =>
  isMalformed(error) ? 'Nothing can have this address. Check the link.' : withoutRoutes(sentenceOf(error));

/** Drops the hints that name a route of the API: a reader of a page has no use for them. */
export function withoutRoutes(sentence: string): string {
  const kept = sentence.split(/(?<=\.)\s+/).filter((each) => !/\b(GET|PUT|POST|DELETE) \//.test(each));
  return kept.length === 0 ? sentence : kept.join(' ');
}

type ListName = 'jobs' | 'models' | 'datasets';

/** Lists to go on from, by the page whose thing is gone. */
const LISTS: Partial<Record<RouteName, readonly [list: ListName, title: string]>> = {
  job: ['jobs', 'All jobs'],
  model: ['models', 'All models'],
  version: ['models', 'All models'],
  dataset: ['datasets', 'All data sets'],
};

function WayOn() {
  const list = LISTS[route.value?.name ?? 'home'];
  return list ? <ButtonLink to={to(list[0])}>{list[1]}</ButtonLink> : null;
}

/** Shows a resource: a skeleton before its first answer, its error, or its data. A failed refresh leaves the data and says so. */
export function Loaded<T>({
  resource,
  skeleton,
  children,
}: {
  resource: Resource<T>;
  skeleton?: ComponentChildren;
  children: (data: T) => ComponentChildren;
}) {
  const data = resource.data.value;
  const error = resource.error.value;
  const retry = (): void => void resource.refresh();
  if (data === undefined) {
    if (error !== undefined) return <ErrorState error={error} onRetry={retry} />;
    return <>{skeleton ?? <Skeleton lines={4} />}</>;
  }
  return (
    <>
      {/* A banner of the shell already says that the service is away. */}
      {error !== undefined && connection.value === 'ok' && (
        <Notice tone="warn">{`Shown as it was: ${loadFaultOf(error)}`}</Notice>
      )}
      {children(data)}
    </>
  );
}

/** Says that a part of a page could not be loaded, and offers to try again. Nothing while it loads, and after a success. */
export function LoadFault<T>({ resource, what }: { resource: Resource<T>; what: string }) {
  const error = resource.error.value;
  if (error === undefined || (resource.data.value !== undefined && connection.value !== 'ok')) return null;
  const retry = (
    <Button small icon="refresh" onClick={() => void resource.refresh()}>
      Try again
    </Button>
  );
  return (
    <Notice tone="warn" actions={retry}>
      {`${what} could not be loaded: ${loadFaultOf(error)}`}
    </Notice>
  );
}

/** A line of information within a page. */
export function Notice({
  tone = 'info',
  children,
  actions,
}: {
  tone?: 'info' | 'warn' | 'bad' | 'good';
  children: ComponentChildren;
  actions?: ComponentChildren;
}) {
  const icon = tone === 'info' ? 'info' : tone === 'good' ? 'check' : 'warning';
  return (
    <div class={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={icon} />
      <div class="notice-text">{children}</div>
      {actions}
    </div>
  );
}

/** Says within a form or dialog why its action failed, in the service's own sentence. */
export const FailedAction = ({ error }: { error: unknown }) => <Notice tone="bad">{sentenceOf(error)}</Notice>;

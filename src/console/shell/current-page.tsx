/** The page of the address. The old page stays until the new one has loaded; an error stays within the page. */
import { effect, signal } from '@preact/signals';
import type { ComponentChildren, ComponentType } from 'preact';
import { Component } from 'preact';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import { Button, ButtonLink } from '../components/button.js';
import { PageHeader } from '../components/page-header.js';
import { EmptyState, ErrorState } from '../components/states.js';
import { forget } from '../data/resource.js';
import { arrival, path, route } from '../router/router.js';
import { to } from '../router/routes.js';
import { PAGES } from './page-table.js';

type Shown = Readonly<{ path: string; Page: ComponentType<Record<string, string>>; params: Record<string, string> }>;

const shown = signal<Shown | undefined>(undefined);
const isLoading = signal(false);

/** Loads the page of each address. The result counts only if the address is still the same. */
function startPages(): () => void {
  return effect(() => {
    const wanted = path.value;
    const found = route.value;
    if (found === undefined) {
      shown.value = { path: wanted, Page: NotFound, params: {} };
      return;
    }
    isLoading.value = true;
    const load = PAGES[found.name] as () => Promise<ComponentType<Record<string, string>>>;
    load().then(
      (Page) => show({ path: wanted, Page, params: found.params }),
      () => show({ path: wanted, Page: Outdated, params: {} }),
    );
  });
}

function show(page: Shown): void {
  if (path.peek() !== page.path) return;
  isLoading.value = false;
  shown.value = page;
}

export function CurrentPage() {
  useEffect(startPages, []);
  const page = shown.value;
  useScroll(page?.path);
  if (page === undefined) return null;
  const { Page, params } = page;
  return (
    <>
      {isLoading.value && <div class="page-loading" role="progressbar" aria-label="Loading the page" />}
      <ErrorBoundary key={page.path}>
        <Page {...params} />
      </ErrorBoundary>
    </>
  );
}

/** Time in which a page that one goes back to may grow to its earlier height. */
const GROWTH_MS = 1_500;

/** Scrolls a new page to its top, and a page that one goes back to where it was. */
function useScroll(shownPath: string | undefined): void {
  useLayoutEffect(() => {
    const { scroll } = arrival.peek();
    scrollTo(0, scroll);
    if (scroll === 0) return;
    const stop = (): void => {
      observer.disconnect();
      clearTimeout(timer);
    };
    const observer = new ResizeObserver(() => {
      scrollTo(0, scroll);
      if (Math.abs(scrollY - scroll) < 2) stop();
    });
    observer.observe(document.body);
    const timer = setTimeout(stop, GROWTH_MS);
    const events = ['wheel', 'touchstart', 'keydown'];
    for (const name of events) addEventListener(name, stop, { once: true, passive: true });
    return stop;
  }, [shownPath]);
}

class ErrorBoundary extends Component<{ children: ComponentChildren }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };

  static override getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
    // The page may have failed because of an answer, which another attempt must not show again.
    forget('');
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return <Failed error={this.state.error} onRetry={() => this.setState({ error: undefined })} />;
  }
}

/** A fault of the console itself, or an answer that it does not understand. */
function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <>
      <PageHeader title="This page failed" actions={<ButtonLink to={to('home')}>Go to the first page</ButtonLink>} />
      <ErrorState title="The console could not show this page" error={error} onRetry={onRetry} />
    </>
  );
}

function NotFound() {
  return (
    <>
      <PageHeader title="No such page" />
      <EmptyState
        title="There is no page at this address"
        icon="search"
        actions={
          <ButtonLink to={to('home')} kind="primary">
            Go to the first page
          </ButtonLink>
        }
      >
        Check the link, or find what you look for in the menu.
      </EmptyState>
    </>
  );
}

/** The chunk of a page is gone: the service was updated since this tab was opened, or it does not answer. */
function Outdated() {
  return (
    <>
      <PageHeader title="Page not loaded" />
      <EmptyState
        title="This page could not be loaded"
        icon="refresh"
        actions={
          <Button kind="primary" icon="refresh" onClick={() => location.reload()}>
            Reload
          </Button>
        }
      >
        The service was updated since you opened this tab, or it does not answer.
      </EmptyState>
    </>
  );
}

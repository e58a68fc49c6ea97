/** Banners above every page: the service is away, no worker is connected, this address may not change anything. */
import './banners.css';
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { isTrainyardError } from 'trainyard';
import { Button } from '../components/button.js';
import { Icon } from '../components/icon.js';
import { useResource } from '../data/resource.js';
import { client, connection, signInNeeded, tryAgainNow } from '../data/service.js';
import { isOutdated } from './console-version.js';

const WORKERS_MS = 15_000;
/** A service that has just started answers before its worker is connected. */
const START_MS = 30_000;

export function Banners() {
  return (
    <div class="banners">
      {connection.value === 'away' ? <AwayBanner /> : <WorkersBanner />}
      {mayBeRefused() && <OriginBanner />}
      {isOutdated.value && <OutdatedBanner />}
    </div>
  );
}

function Banner({ children, action }: { children: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class="banner" role="status">
      <Icon name="warning" />
      <span>{children}</span>
      {action}
    </div>
  );
}

const OutdatedBanner = () => (
  <Banner
    action={
      <Button small icon="refresh" onClick={() => location.reload()}>
        Reload
      </Button>
    }
  >
    The console was updated since you opened this tab. Reload it to use the new version.
  </Banner>
);

function AwayBanner() {
  return (
    <Banner
      action={
        <Button small onClick={tryAgainNow}>
          Try now
        </Button>
      }
    >
      The service does not answer. The console keeps trying and goes on by itself.
    </Banner>
  );
}

function WorkersBanner() {
  const workers = useResource((abort) => client.workers.list({ signal: abort }), [], { everyMs: WORKERS_MS });
  const since = useRef<number | undefined>(undefined);
  const list = workers.data.value;
  since.current = list?.length === 0 ? (since.current ?? Date.now()) : undefined;
  if (list === undefined || signInNeeded.value) return null;
  const fit = list.filter(({ fault }) => fault === undefined);
  if (fit.length > 0) return null;
  if (list.length > 0) return <Banner>No worker takes jobs now: {list[0]?.fault}</Banner>;
  if (Date.now() - (since.current ?? 0) < START_MS)
    return (
      <Banner>
        No worker is connected yet. If the service has just started, its worker follows within half a minute.
      </Banner>
    );
  return (
    <Banner>
      No worker is connected. Jobs stay in the queue until one starts: <code>npm start</code> runs one, and so does the
      worker image.
    </Banner>
  );
}

/** Whether this page is refused to change anything; undefined until the service has said. */
const isRefused = signal<boolean | undefined>(undefined);

/** Returns whether the origin check of the service may refuse this page: plain http, under a name with dots. */
function mayBeRefused(): boolean {
  const { protocol, hostname } = location;
  const isAddress = /^[\d.]+$/.test(hostname) || hostname.startsWith('[');
  return protocol === 'http:' && hostname.includes('.') && !isAddress;
}

/** Asks the service with a request that changes nothing. */
function OriginBanner() {
  useResource(async (abort) => {
    isRefused.value = await client.jobs.plan({} as never, { signal: abort }).then(
      () => false,
      (error: unknown) => isTrainyardError(error) && error.code === 'forbidden_origin',
    );
  });
  if (isRefused.value !== true) return null;
  return (
    <Banner>
      You can look at everything here, but change nothing: the service does not know the name{' '}
      <code>{location.hostname}</code>, and over plain http it must not trust it. Open the console over https or by the
      IP address, or start the service with <code>ALLOWED_ORIGINS={location.origin}</code>.
    </Banner>
  );
}

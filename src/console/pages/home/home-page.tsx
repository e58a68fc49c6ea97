/** First page: how to begin on an empty service, later what the service is doing. */
import './home-page.css';
import { PageHeader } from '../../components/page-header.js';
import { Loaded } from '../../components/states.js';
import { useResource } from '../../data/resource.js';
import { FirstSteps } from './first-steps.js';
import { loadHome } from './home-data.js';
import { Overview } from './overview.js';

const REFRESH_MS = 15_000;
export function HomePage() {
  const home = useResource(loadHome, [], { key: 'home', everyMs: REFRESH_MS });
  return (
    <>
      {home.data.value === undefined && <PageHeader title="Home" />}
      <Loaded resource={home}>
        {(data) => {
          const jobs = [data.running, data.queued.jobs, data.paused.jobs, data.ended].flat().length;
          return jobs + data.models.length === 0 ? <FirstSteps /> : <Overview data={data} refresh={home.refresh} />;
        }}
      </Loaded>
    </>
  );
}

/** The service itself: workers, checks, queue, disk space, webhook deliveries and settings. */
import './system-page.css';
import { PageHeader } from '../../components/page-header.js';
import { Tabs } from '../../components/tabs.js';
import { useResource } from '../../data/resource.js';
import { client, serviceUrl } from '../../data/service.js';
import { queryOneOf } from '../../router/router.js';
import { Deliveries } from './deliveries.js';
import { DiskSpace } from './disk-space-tab.js';
import { Health } from './health.js';
import { Settings } from './settings-list.js';

const tab = queryOneOf('tab', ['health', 'storage', 'webhooks', 'settings']);

export function SystemPage() {
  const index = useResource((signal) => client.service.index({ signal }), [], { key: 'index' });
  const version = index.data.value?.version;
  return (
    <>
      <PageHeader
        title="System"
        note={
          <>
            {version !== undefined && `trainyard ${version} · `}
            <a href={serviceUrl('docs')}>API reference</a>
            {' · '}
            <a href={serviceUrl('monitoring/metrics')}>Prometheus metrics</a>
          </>
        }
      />
      <Tabs
        label="System"
        value={tab}
        tabs={[
          { id: 'health', title: 'Workers and checks', content: () => <Health /> },
          { id: 'storage', title: 'Storage', content: () => <DiskSpace /> },
          { id: 'webhooks', title: 'Webhooks', content: () => <Deliveries /> },
          { id: 'settings', title: 'Settings', content: () => <Settings /> },
        ]}
      />
    </>
  );
}

/** Route GET /settings: the settings of the API process. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { SettingList } from '../../contracts/service/setting.js';
import type { AppDeps } from '../deps.js';

export const settingRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'settings'>> = async (app, { settings }) => {
  app.get(
    '/settings',
    {
      config: { scope: 'system:read' },
      schema: {
        operationId: 'listSettings',
        tags: ['operation'],
        summary: 'List the settings',
        description:
          'Settings of this API process; workers may have others. Change them as environment variables or in `.env`, and restart. Values that may contain a secret are never returned.',
        response: { 200: { ...SettingList, description: 'All settings.' } },
      },
    },
    async () => ({ settings: [...settings] }),
  );
};

/** Documentation: Swagger UI at /docs and the OpenAPI description at /openapi.yaml, both sent compressed. */
import compress from '@fastify/compress';
import swaggerUi, { type FastifySwaggerUiOptions } from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { makePublic } from './access/route-scopes.js';
import { documentRoutes } from './routes/document.js';

/** A loss curve, as an icon of 32×32 pixels. */
const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#14342b"/><path d="M6 6v20h20" fill="none" stroke="#bff0d4" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/><path d="M9 9c2 10 6 12.5 16 13" fill="none" stroke="#ffb454" stroke-width="3" stroke-linecap="round"/></svg>';
const LOGO_URL = `data:image/svg+xml;base64,${Buffer.from(LOGO).toString('base64')}`;

/** The page uses files of this service only. `upgrade-insecure-requests` would break it over http on other hosts than localhost. */
const CONTENT_SECURITY_POLICY = {
  'default-src': "'self'",
  'base-uri': "'self'",
  'frame-ancestors': "'self'",
  'img-src': "'self' data:",
  'object-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
} as const;

const STYLE = `
.swagger-ui .info { margin: 32px 0 24px; }
.swagger-ui .info .title { color: #14342b; }
.swagger-ui .info .title::before {
  content: ''; display: inline-block; width: 40px; height: 40px; margin-right: 12px; vertical-align: -8px;
  background: url(${LOGO_URL}) center / contain no-repeat;
}
.swagger-ui .scheme-container { display: none; }
`;

/** Runs in the browser before Swagger UI starts. Collapses the groups whose tag ends in "protocol" once the page is complete. */
const SCRIPT = `
const startSwaggerUi = window.SwaggerUIBundle;
window.SwaggerUIBundle = Object.assign((config) => {
  const ui = startSwaggerUi({
    ...config,
    onComplete: () => {
      const tags = ui.specSelectors.tags().map((tag) => tag.get('name')).toArray();
      for (const tag of tags.filter((name) => name.endsWith(' protocol'))) ui.layoutActions.show(['operations-tag', tag], false);
    },
  });
  return ui;
}, startSwaggerUi);
`;

const options: FastifySwaggerUiOptions = {
  routePrefix: '/docs',
  staticCSP: CONTENT_SECURITY_POLICY,
  theme: {
    title: 'trainyard API',
    css: [{ filename: 'trainyard.css', content: STYLE }],
    js: [{ filename: 'trainyard.js', content: SCRIPT }],
    favicon: [{ filename: 'logo.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: LOGO }],
  },
  uiConfig: {
    layout: 'BaseLayout',
    docExpansion: 'list',
    defaultModelsExpandDepth: -1,
    displayRequestDuration: true,
    tryItOutEnabled: true,
  },
};

/** Registers the documentation in a scope of its own, whose responses alone are compressed. */
export async function docsPage(app: FastifyInstance): Promise<void> {
  await app.register(async (scope) => {
    makePublic(scope);
    await scope.register(compress, { encodings: ['br', 'gzip', 'identity'] });
    await scope.register(swaggerUi, options);
    await scope.register(documentRoutes);
  });
}

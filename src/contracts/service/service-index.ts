/** Index of the service: its version and its main resources. */
import { type Static, Type } from 'typebox';

const Link = Type.String({ format: 'uri-reference' });

export const ServiceIndex = Type.Object(
  {
    name: Type.Literal('trainyard'),
    version: Type.String({ description: 'Version of the service.' }),
    links: Type.Object(
      {
        console: Link,
        docs: Link,
        openapi: Link,
        jobs: Link,
        models: Link,
        datasets: Link,
        predict: Link,
        networks: Link,
        workers: Link,
        deliveries: Link,
        storage: Link,
        settings: Link,
        readiness: Link,
        liveness: Link,
        metrics: Link,
      },
      {
        additionalProperties: false,
        description: 'Resources, relative to the address of this answer: so they also hold behind a path prefix.',
      },
    ),
  },
  { additionalProperties: false },
);
export type ServiceIndex = Static<typeof ServiceIndex>;

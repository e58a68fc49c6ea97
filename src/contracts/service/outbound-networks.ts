/** Addresses that requests of the service may reach: `public`, the internet; `private`, also private networks and this host; `any`, also link-local addresses. */
export const OUTBOUND_NETWORKS = ['public', 'private', 'any'] as const;
export type OutboundNetworks = (typeof OUTBOUND_NETWORKS)[number];

/**
 * The parts of undici that weir uses, under the paths they have inside the package. Its root would
 * bring `fetch`, WebSocket, caches and mocks along: 12 MiB of memory in every sidecar. The version
 * is pinned exactly, so the paths are as fixed as the API.
 */

declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export default Pool;
}

declare module 'undici/lib/core/connect.js' {
  import { buildConnector } from 'undici';
  export default buildConnector;
}

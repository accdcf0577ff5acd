/**
 * What policies need of the place where they run, and what comes of them.
 *
 * @module
 */

import type { Guard } from '../exchange/guard.ts';
import type { AuditPorts } from '../policy/audit/create-audit.ts';
import type { AuthPorts } from '../policy/auth/ports.ts';
import type { LearningToolCatalog } from '../policy/catalog/tool-catalog.ts';
import type { LimitStoreSettings } from '../policy/limits/settings.ts';
import type { LimitStore } from '../policy/limits/store.ts';
import type { Logger } from '../telemetry/log.ts';
import type { MetricsStore } from '../telemetry/metrics-store.ts';

/** What a runtime brings along. */
export interface PolicyPorts {
  readonly logger: Logger;
  /** Where policies count. */
  readonly metrics: MetricsStore;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
  readonly auth: Omit<AuthPorts, 'upstreamSecret' | 'onKeySetFailure' | 'now' | 'expectsPage'>;
  readonly audit: Pick<
    AuditPorts,
    'fetch' | 'readSecret' | 'writeLines' | 'openFile' | 'start' | 'sha256'
  >;
  /** What is known of the server's tools, where others tell of them too. Default: an empty one. */
  readonly tools?: LearningToolCatalog | undefined;
  /**
   * Opens the store of rate limits.
   *
   * @throws {StartError}
   */
  readonly openLimitStore: (settings: LimitStoreSettings) => LimitStore | Promise<LimitStore>;
  /**
   * The secret for the upstream, followed as it changes.
   *
   * @throws {StartError} when it cannot be read
   */
  readonly followSecret: (source: SecretPlace) => Promise<FollowedSecret>;
}

/** Where a secret is kept: one of the two is set. */
export interface SecretPlace {
  readonly env: string | null;
  readonly file: string | null;
}

export interface FollowedSecret {
  /** As it is now; null while it is away. */
  read(): string | null;
  close(): void;
}

export interface Policies {
  /** Null when no policy is on: then nothing is held, and everything streams. */
  readonly guard: Guard | null;
  /**
   * Delivers what waits, for runtimes where nothing runs outside of a request; null when nothing
   * ever waits.
   */
  readonly flush: (() => Promise<void>) | null;
  /** To be called when every exchange has ended: audit records go out, stores are let go of. */
  close(): Promise<void>;
}

export const NO_POLICIES_ON: Policies = {
  guard: null,
  flush: null,
  async close() {},
};

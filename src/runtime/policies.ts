/**
 * Puts the policies together: what the configuration says, as a guard for the proxy.
 *
 * @module
 */

import { ConfigError } from '../config/problem.ts';
import type { ProxySettings } from '../config/settings.ts';
import type { Guard, Policy } from '../exchange/guard.ts';
import type { AuditPolicy } from '../policy/audit/audit-policy.ts';
import { AuditStartError, createAuditPolicy } from '../policy/audit/create-audit.ts';
import { type AuthPolicy, createAuthPolicy } from '../policy/auth/auth-policy.ts';
import { type AuthorizePolicy, createAuthorizePolicy } from '../policy/authorize/authorize.ts';
import { RuleError } from '../policy/authorize/compile-rules.ts';
import { loadExpressions } from '../policy/authorize/load-expressions.ts';
import type { AuthorizeSettings } from '../policy/authorize/settings.ts';
import { createBreakerPolicy } from '../policy/breaker/breaker-policy.ts';
import { createToolCatalog, type LearningToolCatalog } from '../policy/catalog/tool-catalog.ts';
import { createHostGuard, isLocalPeer } from '../policy/host-guard.ts';
import { createAddressLimitsPolicy } from '../policy/limits/address-policy.ts';
import { createLimitsPolicy } from '../policy/limits/limits-policy.ts';
import { createListPolicy } from '../policy/lists/list-policy.ts';
import { createSessionPolicy } from '../policy/sessions/session-policy.ts';
import { createValidatePolicy } from '../policy/validate/policy.ts';
import type { CheckName, ValidateSettings } from '../policy/validate/settings.ts';
import {
  createAuditMetrics,
  createBreakerMetrics,
  createKeySetMetrics,
  createLimitStoreMetrics,
} from '../telemetry/policy-metrics.ts';
import type { Policies, PolicyPorts } from './policy-ports.ts';
import { StartError } from './start-error.ts';
import { watchStore } from './watched-store.ts';

/** Longest request that is read in order to be judged where no limit says otherwise, in bytes. */
const DEFAULT_MAX_REQUEST_BYTES = 4 * 1024 * 1024;

/**
 * Creates every policy that is on.
 *
 * @throws {ConfigError} for rules that cannot be used
 * @throws {StartError} when something that policies need cannot be had
 */
export async function createPolicies(
  settings: ProxySettings,
  ports: PolicyPorts,
): Promise<Policies> {
  const building = new Building(settings, ports);
  try {
    return await building.finish();
  } catch (error) {
    await building.close();
    if (error instanceof RuleError) throw asConfigError(error);
    if (error instanceof AuditStartError) throw new StartError(error.message);
    throw error;
  }
}

class Building {
  readonly #settings: ProxySettings;
  readonly #ports: PolicyPorts;
  readonly #catalog: LearningToolCatalog;
  /** What to close, the last one first. */
  readonly #closers: (() => void | Promise<void>)[] = [];

  constructor(settings: ProxySettings, ports: PolicyPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#catalog = ports.tools ?? createToolCatalog();
  }

  /** The order of policies is that of the house rules: what costs nothing and trusts nobody first. */
  async finish(): Promise<Policies> {
    const { limits, breaker } = this.#settings.policies;
    const audit = await this.#audit();
    const validate = this.#activeValidation();
    const auth = await this.#auth();
    const authorize = await this.#authorize();
    const [byAddress, byCaller] = limits === null ? [] : await this.#limits(limits);
    const policies: readonly (Policy | null | undefined)[] = [
      audit,
      byAddress,
      validate && createValidatePolicy(validate, this.#checkPorts(), 'request'),
      auth,
      this.#sessions(),
      authorize,
      // Behind authorization, for its refusals tell what tools there are and what they take.
      validate && createValidatePolicy(validate, this.#checkPorts(), 'tools'),
      this.#lists(authorize, validate),
      byCaller,
      breaker && this.#breaker(breaker),
    ];
    const present = policies.filter((policy) => policy !== null && policy !== undefined);
    for (const policy of present) {
      if (policy !== audit && policy.close !== undefined) {
        this.#closers.push(() => policy.close?.());
      }
    }
    const guard: Guard | null =
      present.length === 0
        ? null
        : {
            policies: present,
            maxRequestBytes: limits?.sizes.requestBytes ?? DEFAULT_MAX_REQUEST_BYTES,
            ...(auth === null ? {} : { refine: (refusal) => auth.explainMissingScopes(refusal) }),
          };
    return {
      guard,
      flush: audit === null ? null : () => audit.flush(),
      close: () => this.close(),
    };
  }

  async close(): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close();
    }
  }

  async #audit(): Promise<AuditPolicy | null> {
    const { policies, upstream, service } = this.#settings;
    const { audit } = policies;
    if (audit === null) return null;
    const log = this.#ports.logger.child('audit');
    const policy = await createAuditPolicy(audit, {
      ...this.#ports.audit,
      service: upstream.name,
      resource: {
        serviceName: service.name,
        serviceVersion: service.version,
        environment: service.environment,
      },
      random: Math.random,
      onDropped: createAuditMetrics(
        this.#ports.metrics,
        audit.sinks.map(({ name }) => name),
      ),
      onTrouble: (sink, message) => log.warn(message, { sink }),
    });
    // First in, last out: what others still have to say is recorded.
    this.#closers.unshift(() => policy.close());
    return policy;
  }

  async #auth(): Promise<AuthPolicy | null> {
    const { auth } = this.#settings.policies;
    if (auth === null || (auth.mode !== 'required' && auth.upstream === null)) return null;
    const log = this.#ports.logger.child('auth');
    const usesKeySets = auth.methods.some(({ kind }) => kind === 'jwt');
    const countFailure = usesKeySets ? createKeySetMetrics(this.#ports.metrics) : null;
    const secret = auth.upstream && (await this.#ports.followSecret(auth.upstream));
    const { allowedHosts, allowedOrigins } = this.#settings;
    const pages = createHostGuard({ allowedHosts, allowedOrigins });
    if (secret !== null) this.#closers.push(() => secret.close());
    return createAuthPolicy(auth, {
      ...this.#ports.auth,
      now: this.#ports.now,
      expectsPage: ({ fields, peer }) =>
        pages.expectsOrigin({ origin: fields.origin, peerIsLoopback: isLocalPeer(peer) }),
      ...(secret === null ? {} : { upstreamSecret: () => secret.read() }),
      onKeySetFailure(issuer, reason) {
        countFailure?.(reason);
        log.warn('key set not fetched', { issuer, reason });
      },
    });
  }

  #sessions(): Policy | null {
    if (this.#settings.policies.auth?.mode !== 'required') return null;
    const { sha256 } = this.#ports.auth;
    return createSessionPolicy(sha256 === undefined ? {} : { sha256 });
  }

  async #authorize(): Promise<AuthorizePolicy | null> {
    const { policies, upstream } = this.#settings;
    const { authorize } = policies;
    if (authorize === null || hasNoSay(authorize)) return null;
    return createAuthorizePolicy(authorize, {
      catalog: this.#catalog,
      serverName: upstream.name,
      expressions: await loadExpressions(authorize),
    });
  }

  #lists(authorize: AuthorizePolicy | null, validate: ValidateSettings | null): Policy | null {
    const settings = this.#settings.policies.authorize;
    const filters = authorize !== null && settings?.mode === 'enforce';
    const learns =
      (settings !== null && authorize !== null && asksTools(settings)) ||
      (validate !== null && TOOL_CHECKS.some((check) => isOn(check, validate)));
    if (!filters && !learns) return null;
    return createListPolicy({
      name: authorize === null ? 'validate' : 'authorize',
      visibility: filters ? authorize : null,
      catalog: learns ? this.#catalog : null,
    });
  }

  async #limits(
    limits: NonNullable<ProxySettings['policies']['limits']>,
  ): Promise<readonly [byAddress: Policy, byCaller: Policy]> {
    const { kind } = limits.store;
    const opened = await this.#ports.openLimitStore(limits.store);
    this.#closers.push(() => opened.close?.());
    const log = this.#ports.logger.child('limits');
    const counts = createLimitStoreMetrics(this.#ports.metrics, kind);
    const store = watchStore(opened, {
      ...counts,
      wentAway: (message) => log.warn('store does not answer', { store: kind, error: message }),
      cameBack: () => log.info('store answers again', { store: kind }),
    });
    const ports = { store, now: this.#ports.now };
    return [createAddressLimitsPolicy(limits, ports), createLimitsPolicy(limits, ports)];
  }

  #breaker(settings: NonNullable<ProxySettings['policies']['breaker']>): Policy {
    const counts = createBreakerMetrics(this.#ports.metrics);
    const log = this.#ports.logger.child('breaker');
    return createBreakerPolicy(settings, {
      now: this.#ports.now,
      onStateChange(state, previous) {
        counts.entered(state);
        if (state === 'open') log.warn('upstream is left alone', { previous });
        else log.info(state === 'closed' ? 'upstream is well' : 'upstream is tried', { previous });
      },
      onResult: (result) => counts.counted(result),
    });
  }

  #activeValidation(): ValidateSettings | null {
    const { validate } = this.#settings.policies;
    if (validate === null) return null;
    const modes = [validate.mode, ...Object.values(validate.checks)];
    return modes.some((mode) => mode === 'report' || mode === 'enforce') ? validate : null;
  }

  #checkPorts(): Parameters<typeof createValidatePolicy>[1] {
    const { allowedHosts, allowedOrigins } = this.#settings;
    return { hosts: { allowedHosts, allowedOrigins }, tools: this.#catalog };
  }
}

/** Checks that judge by what the upstream has said of its tools. */
const TOOL_CHECKS: readonly CheckName[] = ['paramHeaders', 'arguments'];

/** Of these only `arguments` has to be asked for by name. */
function isOn(check: CheckName, { mode, checks }: ValidateSettings): boolean {
  return (checks[check] ?? (check === 'arguments' ? 'off' : mode)) !== 'off';
}

function hasNoSay({ rules, default: effect }: AuthorizeSettings): boolean {
  return rules.length === 0 && effect === 'allow';
}

/** Whether a rule is about what tools say of themselves. */
function asksTools({ rules }: AuthorizeSettings): boolean {
  return rules.some(({ readOnly, destructive }) => readOnly !== null || destructive !== null);
}

function asConfigError({ problems }: RuleError): ConfigError {
  return new ConfigError(
    problems.map(({ path, message }) => ({
      key: 'authorize',
      line: `authorize.${path}: ${message}`,
    })),
  );
}

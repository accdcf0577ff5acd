/**
 * Every check there is, in the order in which they judge, and which of them are on.
 *
 * The order is that of trust: what cannot be read comes before what can be read in two ways, and
 * that before what is said, so that no check judges what an earlier one would not have let be.
 *
 * @module
 */

import type { ToolCatalog } from '../../exchange/guard.ts';
import type { HostGuardOptions } from '../host-guard.ts';
import type { Check } from './check.ts';
import { duplicateKeysCheck, textCheck } from './checks/ambiguity.ts';
import { ArgumentsCheck } from './checks/arguments.ts';
import { batchCheck } from './checks/batch.ts';
import { eraBodyCheck, eraHeadCheck, headerTrustCheck } from './checks/era.ts';
import { headerAgreementCheck } from './checks/header-agreement.ts';
import { HttpMethodCheck } from './checks/http-method.ts';
import { jsonCheck } from './checks/json.ts';
import { acceptCheck, contentTypeCheck } from './checks/media-types.ts';
import { MethodsCheck } from './checks/methods.ts';
import { OriginCheck } from './checks/origin.ts';
import { ParamHeadersCheck } from './checks/param-headers.ts';
import { VersionBodyCheck, VersionHeadCheck } from './checks/protocol-version.ts';
import { requiredMetaCheck } from './checks/required-meta.ts';
import { sessionCheck } from './checks/session.ts';
import { DeclaredSizeCheck, DepthCheck, MessageSizeCheck } from './checks/sizes.ts';
import type { CheckName, ValidateMode, ValidateSettings } from './settings.ts';

/**
 * Checks that `mode` alone does not turn on. Each refuses what some correct client may send to
 * some correct server, or needs to be told what is right.
 */
const ON_REQUEST: ReadonlySet<CheckName> = new Set<CheckName>([
  'accept',
  'messageSize',
  'depth',
  'methods',
  'arguments',
]);

/** A check that is on. */
export interface ActiveCheck {
  readonly check: Check;
  /** Refuses what it finds; else it is written down only. */
  readonly enforces: boolean;
}

/** What checks need beside their settings. */
export interface CheckPorts {
  /** The lists of the listener, which the `origin` check holds to. */
  readonly hosts: HostGuardOptions;
  /** What `tools/list` has said, for the checks of tools. */
  readonly tools: ToolCatalog;
}

/** @throws TypeError when an allowed host or origin is not understood */
export function activeChecks(
  settings: ValidateSettings,
  { hosts, tools }: CheckPorts,
): readonly ActiveCheck[] {
  const checks: readonly Check[] = [
    new OriginCheck(hosts),
    new HttpMethodCheck(settings.httpMethods),
    eraHeadCheck,
    new VersionHeadCheck(settings.versions),
    contentTypeCheck,
    acceptCheck,
    sessionCheck,
    new DeclaredSizeCheck(settings.maxMessageBytes),

    new MessageSizeCheck(settings.maxMessageBytes),
    jsonCheck,
    duplicateKeysCheck,
    textCheck,
    new DepthCheck(settings.maxDepth),
    batchCheck,
    eraBodyCheck,
    headerTrustCheck,
    headerAgreementCheck,
    requiredMetaCheck,
    new VersionBodyCheck(settings.versions),
    new MethodsCheck(settings.methods),

    new ParamHeadersCheck(tools),
    new ArgumentsCheck(tools, settings.unjudged),
  ];
  return checks.flatMap((check) => {
    const mode = modeOf(check.name, settings);
    return mode === 'off' ? [] : [{ check, enforces: mode === 'enforce' }];
  });
}

/** The check's own mode, else the common one, as far as that reaches. */
function modeOf(name: CheckName, { mode, checks }: ValidateSettings): ValidateMode {
  return checks[name] ?? (ON_REQUEST.has(name) ? 'off' : mode);
}

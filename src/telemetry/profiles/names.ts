/**
 * The profiles there are, and what a choice of them means.
 *
 * @module
 */

/**
 * In the order in which `all` has them:
 *
 * - `operator`: `mcp_*` of the MCP operator's sidecar
 * - `weir`: `weir_*`
 * - `sidecar`: `mcp_*{server_name}` of the OpenTelemetry sidecar
 * - `semconv`: the OpenTelemetry conventions for MCP
 * - `generic`: `http_*` and `tool_*`, without a prefix
 */
export const PROFILE_NAMES = ['operator', 'weir', 'sidecar', 'semconv', 'generic'] as const;

export type MetricsProfileName = (typeof PROFILE_NAMES)[number];

/** What can be asked for. `all` stands for those not named beside it, in their order. */
export type MetricsProfileChoice = MetricsProfileName | 'all';

/** The profiles of a choice, in its order, each once. */
export function expandProfiles(choice: readonly MetricsProfileChoice[]): MetricsProfileName[] {
  return [...new Set(choice.flatMap((name) => (name === 'all' ? PROFILE_NAMES : [name])))];
}

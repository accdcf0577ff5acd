/**
 * Metrics as OpenTelemetry spells them: what goes out over OTLP, and comes out of a collector under
 * the name it has here.
 *
 * @module
 */

import type { MetricDefinition } from '../metrics-store.ts';

export interface OtelNames {
  readonly name: string;
  /** UCUM; empty for plain counts. */
  readonly unit: string;
  /**
   * Attribute names in the order of the definition's labels. One whose value is empty does not
   * apply, and is to be left out.
   */
  readonly attributes: readonly string[];
}

/** Names that the conventions for MCP give; all others go out as they are. */
const METRIC_NAMES: ReadonlyMap<string, string> = new Map([
  ['mcp_server_operation_duration_seconds', 'mcp.server.operation.duration'],
  ['mcp_client_operation_duration_seconds', 'mcp.client.operation.duration'],
]);

const ATTRIBUTE_NAMES: ReadonlyMap<string, string> = new Map([
  ['mcp_method_name', 'mcp.method.name'],
  ['mcp_protocol_version', 'mcp.protocol.version'],
  ['error_type', 'error.type'],
  ['gen_ai_tool_name', 'gen_ai.tool.name'],
  ['gen_ai_prompt_name', 'gen_ai.prompt.name'],
  ['gen_ai_operation_name', 'gen_ai.operation.name'],
  ['rpc_response_status_code', 'rpc.response.status_code'],
  ['network_transport', 'network.transport'],
  ['network_protocol_name', 'network.protocol.name'],
  ['server_address', 'server.address'],
  ['server_port', 'server.port'],
]);

const UNITS: ReadonlyMap<string, string> = new Map([
  ['seconds', 's'],
  ['bytes', 'By'],
  ['ratio', '1'],
]);

export function toOtelNames({ name, unit, labels }: MetricDefinition): OtelNames {
  return {
    name: METRIC_NAMES.get(name) ?? name,
    unit: UNITS.get(unit ?? '') ?? '',
    attributes: labels.map((label) => ATTRIBUTE_NAMES.get(label) ?? label),
  };
}

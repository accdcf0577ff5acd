/**
 * What the demo prints: commands that work when pasted, and where to look afterwards.
 *
 * @module
 */

const PROTOCOL_VERSION = '2026-07-28';

interface ToolCall {
  tool: string;
  arguments: Record<string, unknown>;
  /** Asks the server to report progress under this token. */
  progressToken?: string;
}

/** A curl command for one stateless tool call: the mirrored headers, and the envelope in `_meta`. */
function curlCommand(mcpUrl: string, call: ToolCall): string {
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: {
      name: call.tool,
      arguments: call.arguments,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': PROTOCOL_VERSION,
        'io.modelcontextprotocol/clientCapabilities': {},
        ...(call.progressToken === undefined ? {} : { progressToken: call.progressToken }),
      },
    },
  };
  return [
    `curl -sN ${mcpUrl}`,
    `  -H 'Content-Type: application/json'`,
    `  -H 'Accept: application/json, text/event-stream'`,
    `  -H 'MCP-Protocol-Version: ${PROTOCOL_VERSION}'`,
    `  -H 'Mcp-Method: tools/call' -H 'Mcp-Name: ${call.tool}'`,
    `  -d '${JSON.stringify(body)}'`,
  ].join(' \\\n');
}

/** The entry most MCP clients take in their configuration. */
function clientEntry(mcpUrl: string): string {
  return JSON.stringify({ mcpServers: { 'weir-demo': { type: 'http', url: mcpUrl } } }, null, 2);
}

/**
 * @param listenUrl Origin of the proxy, without a trailing slash.
 * @param adminUrl Origin of the admin listener, without a trailing slash.
 */
export function whatToTry(listenUrl: string, adminUrl: string): string {
  const mcpUrl = `${listenUrl}/mcp`;
  return `
Weir is running in front of a demo MCP server. Everything below goes through it.

1. Call a tool:

${curlCommand(mcpUrl, { tool: 'add', arguments: { a: 19, b: 23 } })}

2. Watch a tool stream its progress:

${curlCommand(mcpUrl, { tool: 'countdown', arguments: { from: 5 }, progressToken: 'demo' })}

3. Call a tool that fails inside a 200, which the metrics tell apart:

${curlCommand(mcpUrl, { tool: 'always_fails', arguments: {} })}

4. Watch it happen in a browser, at ${adminUrl}/, and look at what was measured:

curl -s ${adminUrl}/metrics

5. Use it from an MCP client:

${clientEntry(mcpUrl)}

Page    ${adminUrl}/
Proxy   ${mcpUrl}
Metrics ${adminUrl}/metrics
Health  ${adminUrl}/healthz ${adminUrl}/readyz

Ctrl-C ends the demo.
`;
}

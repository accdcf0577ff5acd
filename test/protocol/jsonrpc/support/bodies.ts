/** Bodies of realistic shape and chosen size, the same on every run: for tests and benches. */

const WORDS = [
  ...['query', 'the', 'remote', 'index', 'and', 'return', 'matching', 'documents', 'with', 'their'],
  ...['scores', 'ordered', 'by', 'relevance', 'unless', 'a', 'cursor', 'is', 'given', 'first'],
];

/** A `tools/list` result of about `bytes` bytes: descriptions and JSON Schemas, as servers send. */
export function toolsListBody(bytes: number): { body: Uint8Array; toolCount: number } {
  const random = createRandom(12345);
  const text = (count: number): string =>
    Array.from({ length: count }, () => WORDS[random(WORDS.length)]).join(' ');
  const tools: string[] = [];
  for (let size = 0; size < bytes; size += tools.at(-1)!.length + 1) {
    const properties = Array.from({ length: 2 + random(6) }, (_, i) => [
      `arg_${i}`,
      random(2) === 0
        ? { type: 'string', description: text(8 + random(8)), maxLength: random(1000) }
        : { type: 'integer', minimum: 0, maximum: random(100_000), default: random(10) },
    ]);
    tools.push(
      JSON.stringify({
        name: `tool_${tools.length}`,
        title: text(3),
        description: text(20 + random(30)),
        inputSchema: {
          type: 'object',
          properties: Object.fromEntries(properties),
          required: ['arg_0'],
          additionalProperties: false,
        },
        annotations: { readOnlyHint: true, openWorldHint: false },
      }),
    );
  }
  const result = `{"tools":[${tools.join(',')}],"resultType":"complete"}`;
  const body = new TextEncoder().encode(`{"jsonrpc":"2.0","id":7,"result":${result}}`);
  return { body, toolCount: tools.length };
}

/** A `tools/call` request of 120 bytes, as a legacy client sends it. */
export const TOOL_CALL_BODY: Uint8Array = new TextEncoder().encode(
  '{"jsonrpc":"2.0","id":123,"method":"tools/call","params":{"name":"search_docs","arguments":{"query":"weir","limit":10}}}',
);

/** The same request as a modern client sends it, with its `_meta`. */
export const MODERN_TOOL_CALL_BODY: Uint8Array = new TextEncoder().encode(
  JSON.stringify({
    jsonrpc: '2.0',
    id: 123,
    method: 'tools/call',
    params: {
      name: 'search_docs',
      arguments: { query: 'weir', limit: 10 },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': { roots: {} },
        'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        progressToken: 3,
      },
    },
  }),
);

/** A linear congruential generator: `random(n)` is an integer from 0 to n - 1. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}

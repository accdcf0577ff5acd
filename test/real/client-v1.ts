/**
 * A test client made with version 1 of the SDK (legacy era only).
 *
 * @module
 */

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import {
  CLIENT_INFO,
  ELICITATION_ANSWER,
  ROOTS_ANSWER,
  SAMPLING_ANSWER,
  type TestClient,
  textOf,
} from './client.ts';
import { NotificationLog } from './notification-log.ts';
import { Traffic } from './traffic.ts';

export async function connectV1(
  url: string,
  kind: 'streamable' | 'sse' = 'streamable',
): Promise<TestClient> {
  const traffic = new Traffic();
  const log = new NotificationLog();
  const answered: string[] = [];
  const client = new Client(CLIENT_INFO, {
    capabilities: { sampling: {}, elicitation: {}, roots: {} },
  });
  client.setRequestHandler(CreateMessageRequestSchema, ({ method }) => {
    answered.push(method);
    return SAMPLING_ANSWER;
  });
  client.setRequestHandler(ElicitRequestSchema, ({ method }) => {
    answered.push(method);
    return ELICITATION_ANSWER;
  });
  client.setRequestHandler(ListRootsRequestSchema, ({ method }) => {
    answered.push(method);
    return ROOTS_ANSWER;
  });
  client.fallbackNotificationHandler = async (notification) => log.add(notification);

  const options = { fetch: traffic.fetch };
  const transport =
    kind === 'sse'
      ? new SSEClientTransport(new URL(url), options)
      : new StreamableHTTPClientTransport(new URL(url), options);
  let protocolVersion = '';
  const announce = transport.setProtocolVersion.bind(transport);
  transport.setProtocolVersion = (version) => {
    protocolVersion = version;
    announce(version);
  };
  // The SDK's own types disagree about optional members under exactOptionalPropertyTypes.
  await client.connect(transport as Transport);

  return {
    protocolVersion,
    traffic,
    answered,
    listTools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    async callTool(name, args = {}, callOptions = {}) {
      const result = await client.callTool({ name, arguments: args }, undefined, callOptions);
      return {
        text: textOf(result.content as readonly object[]),
        isError: result.isError === true,
      };
    },
    async getPrompt(name, args = {}) {
      const { messages } = await client.getPrompt({ name, arguments: args });
      return textOf(messages.slice(0, 1).map((message) => message.content));
    },
    async completePrompt(name, argument, value) {
      const { completion } = await client.complete({
        ref: { type: 'ref/prompt', name },
        argument: { name: argument, value },
      });
      return completion.values;
    },
    readResource: async (uri) => textOf((await client.readResource({ uri })).contents),
    subscribe: async (uri) => void (await client.subscribeResource({ uri })),
    unsubscribe: async (uri) => void (await client.unsubscribeResource({ uri })),
    setLogLevel: async (level) => void (await client.setLoggingLevel(level)),
    notification: (method) => log.first(method),
    received: (method) => log.has(method),
    async terminateSession() {
      if ('terminateSession' in transport) await transport.terminateSession();
    },
    close: () => client.close(),
  };
}

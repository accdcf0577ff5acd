/**
 * A test client made with version 2 of the SDK, in either era.
 *
 * @module
 */

import {
  Client,
  type McpSubscription,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type SubscriptionFilter,
} from '@modelcontextprotocol/client';
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

export interface V2Client extends TestClient {
  readonly era: string | undefined;
  /** Opens a `subscriptions/listen` stream (modern era). */
  listen(filter: SubscriptionFilter): Promise<McpSubscription>;
}

export interface ConnectV2Options {
  kind?: 'streamable' | 'sse';
  /** `auto` probes for the modern era first; `legacy` never does. */
  mode?: 'auto' | 'legacy';
}

export async function connectV2(url: string, options: ConnectV2Options = {}): Promise<V2Client> {
  const { kind = 'streamable', mode = 'legacy' } = options;
  const traffic = new Traffic();
  const log = new NotificationLog();
  const answered: string[] = [];
  const client = new Client(CLIENT_INFO, {
    capabilities: { sampling: {}, elicitation: { form: {} }, roots: {} },
    versionNegotiation: { mode },
  });
  client.setRequestHandler('sampling/createMessage', ({ method }) => {
    answered.push(method);
    return SAMPLING_ANSWER;
  });
  client.setRequestHandler('elicitation/create', ({ method }) => {
    answered.push(method);
    return ELICITATION_ANSWER;
  });
  client.setRequestHandler('roots/list', ({ method }) => {
    answered.push(method);
    return ROOTS_ANSWER;
  });
  client.fallbackNotificationHandler = async (notification) => log.add(notification);

  const transport =
    kind === 'sse'
      ? new SSEClientTransport(new URL(url), { fetch: traffic.fetch })
      : new StreamableHTTPClientTransport(new URL(url), { fetch: traffic.fetch });
  await client.connect(transport);

  return {
    protocolVersion: client.getNegotiatedProtocolVersion() ?? '',
    era: client.getProtocolEra(),
    traffic,
    answered,
    listTools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    async callTool(name, args = {}, callOptions = {}) {
      const result = await client.callTool({ name, arguments: args }, callOptions);
      return { text: textOf(result.content), isError: result.isError === true };
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
    listen: (filter) => client.listen(filter),
    async terminateSession() {
      if ('terminateSession' in transport) await transport.terminateSession();
    },
    close: () => client.close(),
  };
}

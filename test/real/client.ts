/**
 * What the traffic tests ask of an MCP client, whichever SDK it is made with.
 *
 * @module
 */

import type { Traffic } from './traffic.ts';

export interface ToolAnswer {
  /** All text blocks, joined. */
  text: string;
  isError: boolean;
}

export interface CallOptions {
  onprogress?: (progress: { progress: number; total?: number | undefined }) => void;
  signal?: AbortSignal;
}

export interface ReceivedNotification {
  method: string;
  params: Record<string, unknown>;
}

/** A connected client that answers sampling, elicitation and roots requests by itself. */
export interface TestClient {
  readonly protocolVersion: string;
  readonly traffic: Traffic;
  /** Methods of the requests from the server that it answered, in order. */
  readonly answered: readonly string[];
  listTools(): Promise<string[]>;
  callTool(
    name: string,
    args?: Record<string, unknown>,
    options?: CallOptions,
  ): Promise<ToolAnswer>;
  /** Text of the first message. */
  getPrompt(name: string, args?: Record<string, string>): Promise<string>;
  completePrompt(name: string, argument: string, value: string): Promise<string[]>;
  /** Text of the first content. */
  readResource(uri: string): Promise<string>;
  subscribe(uri: string): Promise<void>;
  unsubscribe(uri: string): Promise<void>;
  setLogLevel(level: 'debug' | 'error'): Promise<void>;
  /** The first notification of this method, waited for if it has not come yet. */
  notification(method: string): Promise<ReceivedNotification>;
  /** Whether a notification of this method has come so far. */
  received(method: string): boolean;
  /** Sends the DELETE that ends a legacy session. */
  terminateSession(): Promise<void>;
  close(): Promise<void>;
}

export const CLIENT_INFO = { name: 'weir-traffic-test', version: '1.0.0' };

/** What every test client answers the server. */
export const SAMPLE_TEXT = 'An answer from the model of the client';
export const ELICITED_NAME = 'Ada Lovelace';
export const ROOT_URI = 'file:///home/ada/engine';

export const SAMPLING_ANSWER = {
  model: 'test-model',
  role: 'assistant' as const,
  content: { type: 'text' as const, text: SAMPLE_TEXT },
};
/** Fits every form the fixtures ask for. */
export const ELICITATION_ANSWER = {
  action: 'accept' as const,
  content: { name: ELICITED_NAME, username: ELICITED_NAME, email: 'ada@example.com' },
};
export const ROOTS_ANSWER = { roots: [{ uri: ROOT_URI, name: 'engine' }] };

/** Text of a content list as both SDKs type it. */
export function textOf(content: readonly object[]): string {
  return content
    .map((block) => ('text' in block && typeof block.text === 'string' ? block.text : ''))
    .join('');
}

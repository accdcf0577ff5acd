/**
 * Arguments and results of tool calls, for spans that were asked to show them: masked and cut, and
 * of nothing but tool calls. Prompts, resources and messages are never taken down.
 *
 * Bodies are kept while their exchange lasts, up to a bound each and a bound in all; what is longer
 * is not shown, for half a text cannot be read and so not masked. Bodies with a content coding and
 * batches are not shown either.
 *
 * @module
 */

import type { ExchangeRecord, LiveExchange } from '../../exchange/record.ts';
import { ByteBuffer } from '../../protocol/sse/byte-buffer.ts';
import { SseSplitter } from '../../protocol/sse/splitter.ts';
import type { SseEvent, SseHandler } from '../../protocol/sse/types.ts';
import { ValueRenderer } from '../../redact/value-renderer.ts';
import type { TraceContent } from './settings.ts';

/** Longest request, response or event that is read, in bytes. */
export const MAX_READ_BYTES: number = 64 * 1024;
/** Bytes kept of all exchanges together; those that come when it is used up are not shown. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/** Stands for what was longer than {@link MAX_READ_BYTES}. */
const TOO_LONG = '"…too long"';
/** Envelope of modern messages, with credentials of extensions in it. */
const LEFT_OUT = '_meta';

export interface CallContent {
  /** JSON, or null where there is nothing to show. */
  readonly toolArguments: string | null;
  readonly toolResult: string | null;
}

const NOTHING: CallContent = { toolArguments: null, toolResult: null };

type Message = Readonly<Record<string, unknown>>;

export class ContentCapture {
  readonly #withResults: boolean;
  readonly #maxBytes: number;
  readonly #renderer = new ValueRenderer();
  readonly #open: Map<number, Call> = new Map();
  readonly #budget = { bytes: MAX_KEPT_BYTES };

  /** @param maxBytes of what is shown, each */
  constructor(content: Exclude<TraceContent, 'off'>, maxBytes: number) {
    this.#withResults = content === 'full';
    this.#maxBytes = maxBytes;
  }

  requestBytes(exchange: LiveExchange, bytes: Uint8Array): void {
    if (exchange.httpMethod !== 'POST') return;
    let call = this.#open.get(exchange.sequence);
    if (call === undefined) {
      call = new Call(this.#budget);
      this.#open.set(exchange.sequence, call);
    }
    call.request.append(bytes);
  }

  responseBytes(exchange: LiveExchange, bytes: Uint8Array): void {
    const call = this.#open.get(exchange.sequence);
    if (call === undefined) return;
    this.#readRequest(call);
    if (!this.#withResults || !call.isToolCall) return;
    if (exchange.stream === 'none') call.response.append(bytes);
    else call.stream().write(bytes);
  }

  /** What there is to show of an exchange that has ended. Once. */
  take({ sequence, calls }: ExchangeRecord): CallContent {
    const call = this.#open.get(sequence);
    if (call === undefined) return NOTHING;
    this.#open.delete(sequence);
    this.#readRequest(call);
    // One that was too long to be read is known as a tool call only now.
    const isToolCall = calls.length === 1 && calls[0]?.method === 'tools/call';
    const content = isToolCall
      ? { toolArguments: call.toolArguments, toolResult: this.#resultOf(call) }
      : NOTHING;
    call.letGo();
    return content;
  }

  /** Reads a request once, and then lets go of it. */
  #readRequest(call: Call): void {
    if (call.wasRead) return;
    call.wasRead = true;
    const message = parseMessage(call.request.text());
    if (call.request.isTooLong) call.toolArguments = TOO_LONG;
    call.request.letGo();
    if (message?.method !== 'tools/call') return;
    call.isToolCall = true;
    call.id = message.id;
    const params = message.params as Message | null | undefined;
    if (params?.arguments !== undefined) call.toolArguments = this.#render(params.arguments);
  }

  #resultOf(call: Call): string | null {
    if (!this.#withResults || !call.isToolCall) return null;
    if (call.response.isTooLong) return TOO_LONG;
    const message = parseMessage(call.response.text());
    if (message === null || message.id !== call.id || message.result === undefined) return null;
    return this.#render(message.result);
  }

  #render(value: unknown): string {
    return this.#renderer.render(value, {
      detail: 'masked',
      maxBytes: this.#maxBytes,
      position: null,
      without: LEFT_OUT,
    }).text;
  }
}

/** What is kept of one exchange. */
class Call implements SseHandler {
  readonly request: KeptText;
  readonly response: KeptText;
  wasRead = false;
  isToolCall = false;
  id: unknown = null;
  toolArguments: string | null = null;
  #stream: SseSplitter | null = null;

  constructor(budget: { bytes: number }) {
    this.request = new KeptText(budget);
    this.response = new KeptText(budget);
  }

  /** Of an event stream the last message is kept: the answer comes last. */
  stream(): SseSplitter {
    this.#stream ??= new SseSplitter(this, { maxEventBytes: MAX_READ_BYTES });
    return this.#stream;
  }

  onEvent({ type, data }: SseEvent): void {
    if (type !== 'message' || data.byteLength === 0) return;
    this.response.letGo();
    this.response.append(data);
  }

  letGo(): void {
    this.request.letGo();
    this.response.letGo();
  }
}

/** A text that is kept whole or not at all. */
class KeptText {
  isTooLong = false;
  readonly #budget: { bytes: number };
  readonly #bytes = new ByteBuffer();

  constructor(budget: { bytes: number }) {
    this.#budget = budget;
  }

  append(bytes: Uint8Array): void {
    if (this.isTooLong) return;
    const length = this.#bytes.length + bytes.byteLength;
    if (length > MAX_READ_BYTES || bytes.byteLength > this.#budget.bytes) {
      this.letGo();
      this.isTooLong = true;
      return;
    }
    this.#budget.bytes -= bytes.byteLength;
    this.#bytes.append(bytes, 0, bytes.byteLength);
  }

  text(): string {
    return new TextDecoder().decode(this.#bytes.bytes.subarray(0, this.#bytes.length));
  }

  letGo(): void {
    this.#budget.bytes += this.#bytes.length;
    this.#bytes.clear();
    this.isTooLong = false;
  }
}

/** A message that stands alone; null for anything else. */
function parseMessage(text: string): Message | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Message)
      : null;
  } catch {
    return null;
  }
}

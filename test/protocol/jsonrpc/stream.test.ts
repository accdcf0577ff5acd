import { describe, expect, it } from 'vitest';
import {
  JsonRpcMessageStream,
  type JsonRpcMessageStreamOptions,
  JsonRpcScanError,
} from '../../../src/protocol/jsonrpc/stream.ts';
import type { MessageEnvelope, ScanProblem } from '../../../src/protocol/jsonrpc/types.ts';

async function readAll(
  body: string,
  options?: JsonRpcMessageStreamOptions,
): Promise<MessageEnvelope[]> {
  const messages: MessageEnvelope[] = [];
  const stream = new Response(body).body!.pipeThrough(new JsonRpcMessageStream(options));
  for await (const message of stream) messages.push(message);
  return messages;
}

describe('JsonRpcMessageStream', () => {
  it('is a TransformStream from bytes to envelopes', async () => {
    expect(new JsonRpcMessageStream()).toBeInstanceOf(TransformStream);
    const messages = await readAll('[{"id":1,"method":"a"},{"id":1,"result":{}}]');
    expect(messages.map(({ kind }) => kind)).toEqual(['request', 'result']);
  });

  it('delivers a message before the body is complete', async () => {
    const stream = new JsonRpcMessageStream();
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    const written = writer.write(new TextEncoder().encode('[{"method":"a"},'));
    expect((await reader.read()).value?.method).toBe('a');
    await written;
    await reader.cancel();
  });

  it.each([
    ['{"id":1,}', 'malformed', 8],
    ['{"id":1', 'truncated', 7],
    ['', 'truncated', 0],
    ['['.repeat(200), 'too_deep', 128],
  ])('fails on %j with a typed error', async (body, reason, offset) => {
    const failure = await readAll(body).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(JsonRpcScanError);
    expect(failure).toMatchObject({ code: 'ERR_JSONRPC_SCAN', reason, offset });
    expect((failure as Error).message).toContain(`${reason} at byte ${offset}`);
  });

  it('gives problems to onProblem instead, and ends', async () => {
    const problems: ScanProblem[] = [];
    const messages = await readAll('[{"method":"a"},1,{]', {
      onProblem: (problem) => problems.push(problem),
    });
    expect(messages).toHaveLength(1);
    expect(problems).toEqual([
      { reason: 'not_a_message', offset: 16 },
      { reason: 'malformed', offset: 19 },
    ]);
  });

  it('lets remarks pass without onProblem', async () => {
    const body = '{"method":"abc","id":1}';
    const [message] = await readAll(body, { limits: { maxCaptureBytes: 2 } });
    expect(message).toMatchObject({ kind: 'invalid', method: null, id: '1' });
  });

  it('refuses a limit that is no bound', () => {
    expect(() => new JsonRpcMessageStream({ limits: { maxDepth: 0 } })).toThrow(RangeError);
  });
});

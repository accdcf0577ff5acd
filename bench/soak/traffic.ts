/**
 * The traffic of a soak: small scenes that are played over and over, each by an actor of its own.
 * A scene may see its connection break, for the upstream is taken down now and then; it may never
 * see a wrong answer.
 *
 * @module
 */

import { gunzipSync, gzipSync } from 'node:zlib';
import { RawClient, type RawRequest, type RawResponse } from '../../test/fixtures/raw-client.ts';
import { pause } from '../../test/fixtures/wait.ts';
import type { AnswerKind } from './upstream.ts';

/** The proxy gave somebody the answer of somebody else, or a broken one as whole. */
export class WrongAnswerError extends Error {
  override readonly name = 'WrongAnswerError';
}

export interface Stage {
  /** Origin of the proxy. */
  readonly url: string;
  /** A number that was not given out before. */
  nextId(): number;
}

export type Scene = (stage: Stage) => Promise<void>;

/** Longest wait of a scene for what it expects, in ms. */
const PATIENCE_MS = 10_000;

const POST_HEADERS = [
  ['Content-Type', 'application/json'],
  ['Accept', 'application/json, text/event-stream'],
] as const;

function post(answer: AnswerKind, body: string | Uint8Array, headers: RawRequest['headers'] = []) {
  return { path: `/mcp?answer=${answer}`, headers: [...POST_HEADERS, ...headers], body };
}

function modern(answer: AnswerKind, id: number, method = 'tools/call', name = 'soak'): RawRequest {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id,
    method,
    params: {
      name,
      arguments: {},
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  });
  return post(answer, body, [
    ['MCP-Protocol-Version', '2026-07-28'],
    ['Mcp-Method', method],
    ['Mcp-Name', name],
  ]);
}

function legacy(answer: AnswerKind, id: number, method = 'tools/call', session = ''): RawRequest {
  const params = { name: 'soak', arguments: {}, padding: '' };
  return post(
    answer,
    JSON.stringify({ jsonrpc: '2.0', id, method, params }),
    session === '' ? [] : [['Mcp-Session-Id', session]],
  );
}

async function withClient(stage: Stage, act: (client: RawClient) => Promise<void>): Promise<void> {
  const client = await RawClient.connect(stage.url);
  try {
    await act(client);
  } finally {
    client.close();
  }
}

/**
 * Waits for a whole answer, which must be the one to `id`.
 *
 * @throws WrongAnswerError when it is another one
 * @throws {Error} when there is none because the upstream is down
 */
async function expectAnswer(client: RawClient, index: number, id: number): Promise<RawResponse> {
  const response = await client.response(index, PATIENCE_MS);
  await response.body.ended(PATIENCE_MS);
  if (response.status !== 200) throw new Error(`HTTP status ${response.status}`);
  const bytes = response.body.bytes();
  const zipped = response.head.get('content-encoding') === 'gzip';
  const text = (zipped ? gunzipSync(bytes) : bytes).toString('utf8');
  if (!text.includes(`"id":${id},"result"`)) {
    throw new WrongAnswerError(`request ${id} got: ${text.slice(0, 200)}`);
  }
  return response;
}

/** Several calls on one connection, all answered. */
function calls(answer: AnswerKind): Scene {
  return (stage) =>
    withClient(stage, async (client) => {
      for (let index = 0; index < 5; index++) {
        const id = stage.nextId();
        await client.send(index % 2 === 0 ? modern(answer, id) : legacy(answer, id));
        await expectAnswer(client, index, id);
      }
    });
}

/** A legacy session: opened, used beside its GET stream, ended. */
const session: Scene = (stage) =>
  withClient(stage, async (client) => {
    const first = stage.nextId();
    await client.send(legacy('json', first, 'initialize'));
    const opened = await expectAnswer(client, 0, first);
    const name = opened.head.get('mcp-session-id') ?? 'none';
    await withClient(stage, async (listener) => {
      await listener.send({
        method: 'GET',
        path: '/mcp?answer=stream',
        headers: [
          ['Accept', 'text/event-stream'],
          ['Mcp-Session-Id', name],
        ],
      });
      await listener.response(0, PATIENCE_MS);
      for (let index = 1; index <= 3; index++) {
        const id = stage.nextId();
        await client.send(legacy(index === 2 ? 'events' : 'json', id, 'tools/call', name));
        await expectAnswer(client, index, id);
      }
    });
    const headers = [['Mcp-Session-Id', name]] as const;
    await client.send({ method: 'DELETE', path: '/mcp', headers });
    await client.response(4, PATIENCE_MS);
  });

/** Leaves while the answer is awaited, or has begun; both eras, politely and not. */
function leave(answer: AnswerKind, once: 'sent' | 'answering'): Scene {
  return (stage) =>
    withClient(stage, async (client) => {
      const id = stage.nextId();
      await client.send(id % 2 === 0 ? modern(answer, id) : legacy(answer, id));
      if (once === 'sent') await pause(30);
      else {
        const { body } = await client.response(0, PATIENCE_MS);
        await body.until(({ length }) => length > 0, 'the first bytes', PATIENCE_MS);
      }
      if (id % 3 === 0) client.reset();
    });
}

/** Leaves inside the request: in its head, then in its body. */
const leaveInRequest: Scene = async (stage) => {
  await withClient(stage, (client) => client.write('POST /mcp HTTP/1.1\r\nHost: loc'));
  for (const framing of ['Content-Length: 500000', 'Transfer-Encoding: chunked']) {
    await withClient(stage, async (client) => {
      const head = `POST /mcp?answer=json HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`;
      const body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"';
      await client.write(head);
      if (framing.startsWith('T')) await client.writeChunk(body);
      else await client.write(body);
      await pause(20);
    });
  }
};

/** Opens a stream of a kind, reads a little of it, and drops it. */
function stream(kind: 'get' | 'listen'): Scene {
  return (stage) =>
    withClient(stage, async (client) => {
      await client.send(
        kind === 'get'
          ? {
              method: 'GET',
              path: '/mcp?answer=stream',
              headers: [['Accept', 'text/event-stream']],
            }
          : modern('stream', stage.nextId(), 'subscriptions/listen'),
      );
      const { body } = await client.response(0, PATIENCE_MS);
      await body.until(({ length }) => length > 500, 'a few events', PATIENCE_MS);
    });
}

const LARGE_TEXT = 'u'.repeat(1024 * 1024);

/** A request far above what is usual; every other one is given up half-way. */
const oversize: Scene = (stage) =>
  withClient(stage, async (client) => {
    const id = stage.nextId();
    const body = `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"soak","text":"${LARGE_TEXT}"}}`;
    if (id % 2 === 0) {
      await client.send({ ...post('json', body), framing: { chunked: 60_000 } });
      await expectAnswer(client, 0, id);
    } else {
      const headers = [...POST_HEADERS, ['Content-Length', String(body.length)]] as const;
      await client.send({ path: '/mcp?answer=json', headers, framing: 'none' });
      await client.write(body.slice(0, body.length / 2));
    }
  });

/** Reads nothing of a large answer for a while; every other time leaves without it. */
const slowReader: Scene = (stage) =>
  withClient(stage, async (client) => {
    const id = stage.nextId();
    client.stopReading();
    await client.send(modern('large', id));
    await pause(200);
    if (id % 2 === 0) return;
    client.readOn();
    await expectAnswer(client, 0, id);
  });

const MALFORMED: readonly (string | Uint8Array)[] = [
  '',
  'not json',
  '{"jsonrpc":"2.0","id":1,"method":"tools/call"',
  '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"ping"}]',
  '{"id":1,"id":2,"method":"a","method":"b"}',
  '['.repeat(5_000),
  `{"method":"${'m'.repeat(50_000)}"}`,
  Uint8Array.of(0xff, 0xfe, 0x00, 0x80),
];

/** Bodies that are no message, and a request that is no HTTP. */
const malformed: Scene = async (stage) => {
  await withClient(stage, async (client) => {
    for (const [index, body] of MALFORMED.entries()) {
      await client.send(post('json', body));
      await (await client.response(index, PATIENCE_MS)).body.ended(PATIENCE_MS);
    }
  });
  await withClient(stage, async (client) => {
    await client.write('POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n');
    await client.untilClosed(PATIENCE_MS);
  });
};

/** A compressed request, which the upstream takes for a notification, and a compressed answer. */
const gzip: Scene = (stage) =>
  withClient(stage, async (client) => {
    const id = stage.nextId();
    const plain = `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"soak"}}`;
    await client.send(post('gzip', gzipSync(plain), [['Content-Encoding', 'gzip']]));
    await (await client.response(0, PATIENCE_MS)).body.ended(PATIENCE_MS);
    const next = stage.nextId();
    await client.send(modern('gzip', next));
    await expectAnswer(client, 1, next);
  });

/** Names nobody has used before: whatever is kept per name has to have an end. */
const novelNames: Scene = (stage) =>
  withClient(stage, async (client) => {
    for (let index = 0; index < 10; index++) {
      const id = stage.nextId();
      const method = index % 2 === 0 ? 'tools/call' : `novel/${id}`;
      await client.send(modern('json', id, method, `novel-${id}`));
      await expectAnswer(client, index, id);
    }
  });

/**
 * An upstream that fails in mid-answer, before it, or in an orderly manner. The client sees the end
 * of it, proper or not.
 */
function fault(answer: AnswerKind): Scene {
  return (stage) =>
    withClient(stage, async (client) => {
      await client.send(modern(answer, stage.nextId()));
      const { body } = await client.response(0, PATIENCE_MS);
      await body.until(({ complete, broken }) => complete || broken, 'an end', PATIENCE_MS);
    });
}

/** Every scene by its name. */
export const SCENES: Readonly<Record<string, Scene>> = {
  'calls answered in JSON': calls('json'),
  'calls answered in events': calls('events'),
  'legacy sessions': session,
  'leaving before the answer': leave('late', 'sent'),
  'leaving in the answer': leave('large', 'answering'),
  'leaving in an event stream': leave('events', 'answering'),
  'leaving in the request': leaveInRequest,
  'GET streams': stream('get'),
  'listen streams': stream('listen'),
  'oversize bodies': oversize,
  'slow readers': slowReader,
  'malformed bodies': malformed,
  'gzip bodies': gzip,
  'novel names': novelNames,
  'short answers that break off': fault('half'),
  'long answers that break off': fault('large-half'),
  'connections that break off': fault('reset'),
  'HTTP errors': fault('error'),
};

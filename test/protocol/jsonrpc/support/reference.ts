/**
 * A second, slow reading of JSON-RPC bodies to hold the scanner against: recursive, over text, and
 * with every member kept, so that duplicates and raw tokens can be looked up.
 *
 * It expects text that `JSON.parse` accepts.
 */

import type {
  DecidingKey,
  MessageEnvelope,
  MessageKind,
} from '../../../../src/protocol/jsonrpc/types.ts';

export interface Node {
  type: 'string' | 'number' | 'literal' | 'array' | 'object';
  raw: string;
  /** Offsets in bytes of UTF-8. */
  start: number;
  end: number;
  items: Node[];
  entries: { key: string; keyStart: number; value: Node }[];
}

const STRING = /"(?:[^"\\]|\\.)*"/sy;
const OTHER_SCALAR = /[^\s,:[\]{}"]+/y;
const GAP = /[ \t\r\n]*/y;

export function parseTree(text: string): Node {
  let at = 0;
  const byteAt = byteOffsets(text);

  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) throw new Error(`No ${pattern} at ${at} of ${text}`);
    at += found.length;
    return found;
  };

  const value = (): Node => {
    match(GAP);
    const from = at;
    const node: Node = { type: 'literal', raw: '', start: 0, end: 0, items: [], entries: [] };
    const opener = text[at];
    if (opener === '{' || opener === '[') {
      node.type = opener === '{' ? 'object' : 'array';
      at++;
      match(GAP);
      while (text[at] !== '}' && text[at] !== ']') {
        if (node.type === 'array') {
          node.items.push(value());
        } else {
          const keyStart = byteAt(at);
          const key = JSON.parse(match(STRING)) as string;
          match(GAP);
          at++;
          node.entries.push({ key, keyStart, value: value() });
        }
        match(GAP);
        if (text[at] === ',') at++;
        match(GAP);
      }
      at++;
    } else if (opener === '"') {
      node.type = 'string';
      match(STRING);
    } else {
      node.type = /[-0-9]/.test(opener ?? '') ? 'number' : 'literal';
      match(OTHER_SCALAR);
    }
    node.raw = text.slice(from, at);
    node.start = byteAt(from);
    node.end = byteAt(at);
    return node;
  };
  return value();
}

function byteOffsets(text: string): (index: number) => number {
  const offsets = [0];
  for (let i = 0; i < text.length; ) {
    const code = text.codePointAt(i)!;
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    const next = offsets[i]! + size;
    if (code >= 0x10000) offsets[++i] = next;
    offsets[++i] = next;
  }
  return (index) => offsets[index]!;
}

/** The last member of that name, as `JSON.parse` takes it. */
function last(node: Node | undefined, key: string): Node | undefined {
  return node?.entries.findLast((entry) => entry.key === key)?.value;
}

function text(node: Node | undefined): string | null {
  return node?.type === 'string' ? (JSON.parse(node.raw) as string) : null;
}

function token(node: Node | undefined): string | null {
  return node?.type === 'string' || node?.type === 'number' ? node.raw : null;
}

interface Watched {
  key: DecidingKey | null;
  inside?: Record<string, Watched>;
}

const WATCHED: Record<string, Watched> = {
  jsonrpc: { key: 'jsonrpc' },
  id: { key: 'id' },
  method: { key: 'method' },
  params: {
    key: 'params',
    inside: {
      name: { key: 'params.name' },
      uri: { key: 'params.uri' },
      taskId: { key: 'params.taskId' },
      arguments: { key: 'params.arguments' },
      _meta: {
        key: 'params._meta',
        inside: {
          'io.modelcontextprotocol/protocolVersion': { key: 'params._meta.protocolVersion' },
        },
      },
    },
  },
  result: {
    key: 'result',
    inside: {
      isError: { key: 'result.isError' },
      resultType: { key: 'result.resultType' },
    },
  },
  error: { key: 'error', inside: { code: { key: 'error.code' } } },
};

/** The name in other letter case, as a regular expression without case has it. */
function isVariant(key: string, name: string): boolean {
  return new RegExp(`^${name.replace(/[./]/g, '[$&]')}$`, 'iu').test(key);
}

function duplicates(message: Node): DecidingKey[] {
  const found: { offset: number; key: DecidingKey }[] = [];
  const visit = (node: Node, watched: Record<string, Watched>): void => {
    const seen = new Set<string>();
    for (const { key, keyStart, value } of node.entries) {
      if (!Object.hasOwn(watched, key)) {
        const other = Object.keys(watched).find((name) => isVariant(key, name));
        const decides = other === undefined ? null : watched[other]!.key;
        if (decides !== null) found.push({ offset: keyStart, key: decides });
        continue;
      }
      const rule = watched[key]!;
      if (seen.has(key) && rule.key !== null) found.push({ offset: keyStart, key: rule.key });
      seen.add(key);
      if (rule.inside !== undefined) visit(value, rule.inside);
    }
  };
  visit(message, WATCHED);
  return [...new Set(found.sort((a, b) => a.offset - b.offset).map(({ key }) => key))];
}

function kindOf(message: Node): MessageKind {
  const id = last(message, 'id');
  const method = last(message, 'method');
  const result = last(message, 'result');
  const error = last(message, 'error');
  if (id !== undefined && token(id) === null && id.raw !== 'null') return 'invalid';
  if ([method, result, error].filter((node) => node !== undefined).length !== 1) return 'invalid';
  if (result !== undefined) return 'result';
  if (error !== undefined) return 'error';
  if (text(method) === null) return 'invalid';
  return id === undefined ? 'notification' : 'request';
}

/** The envelope of one object, under limits that nothing in it reaches. */
export function referenceEnvelope(message: Node, batchIndex: number): MessageEnvelope {
  const params = last(message, 'params');
  const meta = last(params, '_meta');
  const result = last(message, 'result');
  const code = last(last(message, 'error'), 'code');
  const id = last(message, 'id');
  const kind = kindOf(message);
  return {
    kind,
    id: id?.raw === 'null' ? 'null' : token(id),
    method: text(last(message, 'method')),
    name: text(last(params, 'name')),
    uri: text(last(params, 'uri')),
    taskId: text(last(params, 'taskId')),
    protocolVersion: text(last(kind === 'result' ? result : params, 'protocolVersion')),
    meta: {
      protocolVersion: text(last(meta, 'io.modelcontextprotocol/protocolVersion')),
      traceparent: text(last(meta, 'traceparent')),
      tracestate: text(last(meta, 'tracestate')),
      baggage: text(last(meta, 'baggage')),
      progressToken: token(last(meta, 'progressToken')),
      subscriptionId: token(last(meta, 'io.modelcontextprotocol/subscriptionId')),
    },
    requestId: token(last(params, 'requestId')),
    errorCode: code?.type === 'number' ? Number(code.raw) : null,
    isError: last(result, 'isError')?.raw === 'true',
    resultType: text(last(result, 'resultType')),
    duplicates: duplicates(message),
    batchIndex,
    start: message.start,
    end: message.end,
  };
}

/** The messages of a whole body, and how many of its elements are none. */
export function referenceBody(body: string): { messages: MessageEnvelope[]; others: number } {
  const tree = parseTree(body);
  const elements = tree.type === 'array' ? tree.items : [tree];
  const messages = elements.flatMap((element, index) =>
    element.type === 'object'
      ? [referenceEnvelope(element, tree.type === 'array' ? index : -1)]
      : [],
  );
  return { messages, others: elements.length - messages.length };
}

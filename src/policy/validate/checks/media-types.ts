/**
 * What a POST says it sends, and what it would take for an answer (MCP, basic/transports of every
 * revision with Streamable HTTP).
 *
 * @module
 */

import type { GuardedExchange } from '../../../exchange/guard.ts';
import { WEIR_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import type { Check, Finding } from '../check.ts';
import { fieldValues } from '../fields.ts';

/** What JSON is written in, between programs that know nothing of each other (RFC 8259 §8.1). */
const UTF8: ReadonlySet<string> = new Set(['utf-8', 'utf8']);

/** Longest value that is looked at, in characters: what is longer is no media type. */
const MAX_VALUE_CHARS = 1_024;

const NOT_JSON: Finding = {
  reason: 'content_type_not_json',
  status: 415,
  code: WEIR_ERROR.INVALID_MESSAGE,
  message: 'A POST must have exactly one Content-Type, which is application/json in UTF-8',
  headers: ['Accept', 'application/json'],
};

export const contentTypeCheck: Check = {
  name: 'contentType',
  stage: 'head',
  judge({ head }: GuardedExchange): Finding | null {
    if (head.httpMethod !== 'POST') return null;
    const values = fieldValues(head, 'content-type');
    const [value] = values;
    if (values.length !== 1 || value === undefined || value.length > MAX_VALUE_CHARS) {
      return NOT_JSON;
    }
    return value === 'application/json' || isJson(value) ? null : NOT_JSON;
  },
};

/** JSON, and in no other encoding: what one parser reads as UTF-16 is another text to the next. */
function isJson(contentType: string): boolean {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  if (type.trim() !== 'application/json') return false;
  return parameters.every((parameter) => {
    const [name = '', value = ''] = parameter.split('=', 2);
    return name.trim() !== 'charset' || UTF8.has(value.trim().replace(/^"(.*)"$/, '$1'));
  });
}

const NOT_ACCEPTABLE: Finding = {
  reason: 'accept_incomplete',
  status: 406,
  code: WEIR_ERROR.INVALID_MESSAGE,
  message: 'Accept must name both application/json and text/event-stream',
};

/** The media ranges that take a type in: itself, its kind, and everything (RFC 9110 §12.5.1). */
const TAKES_JSON: ReadonlySet<string> = new Set(['application/json', 'application/*', '*/*']);
const TAKES_STREAM: ReadonlySet<string> = new Set(['text/event-stream', 'text/*', '*/*']);

const QUALITY_ZERO = /;[ \t]*q[ \t]*=[ \t]*0(?:\.0*)?[ \t]*(?:;|$)/i;

export const acceptCheck: Check = {
  name: 'accept',
  stage: 'head',
  judge({ head }: GuardedExchange): Finding | null {
    if (head.httpMethod !== 'POST') return null;
    let json = false;
    let stream = false;
    for (const value of fieldValues(head, 'accept')) {
      if (value.length > MAX_VALUE_CHARS) return NOT_ACCEPTABLE;
      for (const part of value.split(',')) {
        const range = (part.split(';', 1)[0] as string).trim().toLowerCase();
        if (QUALITY_ZERO.test(part)) continue;
        json ||= TAKES_JSON.has(range);
        stream ||= TAKES_STREAM.has(range);
      }
    }
    return json && stream ? null : NOT_ACCEPTABLE;
  },
};

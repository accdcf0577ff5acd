/**
 * Values as OpenTelemetry's variables write them.
 *
 * @module
 */

import * as z from 'zod/mini';
import type { OtlpProtocol } from '../telemetry/otlp/settings.ts';
import { type Kind, listOf, text } from './kinds.ts';
import { InvalidValueError } from './problem.ts';

/** Field names (RFC 9110 §5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Field values as far as fetch takes them: Latin-1 without control characters. */
const FIELD_VALUE = /^[\t\x20-\x7e\xa0-\xff]*$/;

/** Header fields: a list of `name=value`, percent-encoded. */
export function headerPairs(): Kind<string[], string[]> {
  return pairs('field=value', (name, value) => {
    if (!TOKEN.test(name)) throw new InvalidValueError('has a name that is no header field');
    if (!FIELD_VALUE.test(value)) {
      throw new InvalidValueError('has a value that no header field can have');
    }
  });
}

/** Attributes of the resource: a list of `name=value`, percent-encoded. */
export function attributePairs(): Kind<string[], string[]> {
  return pairs('name=value', () => {});
}

/** Members as in a list of W3C Baggage §3.2.1, whose encoding OpenTelemetry's variables have. */
function pairs(
  form: string,
  check: (name: string, value: string) => void,
): Kind<string[], string[]> {
  return listOf(
    text({
      placeholder: form,
      allowed: `\`${form}\`, percent-encoded`,
      check(pair) {
        const end = pair.indexOf('=');
        const name = pair.slice(0, Math.max(end, 0)).trim();
        if (name === '') throw new InvalidValueError(`must have the form ${form}`);
        check(name, decode(pair.slice(end + 1).trim()));
      },
    }),
  );
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new InvalidValueError('has a value that is not percent-encoded: write % as %25');
  }
}

const PROTOCOLS = ['http/protobuf', 'http/json'] as const satisfies readonly OtlpProtocol[];

export function otlpProtocol(): Kind<OtlpProtocol, OtlpProtocol> {
  return {
    name: 'choice',
    placeholder: PROTOCOLS.join('|'),
    allowed: PROTOCOLS.map((word) => `\`${word}\``).join(', '),
    choices: PROTOCOLS,
    schema: z.enum(PROTOCOLS, {
      error: ({ input }) =>
        input === 'grpc'
          ? 'must be http/protobuf or http/json, for gRPC does not run on every platform of weir: give the HTTP port of the collector, usually 4318'
          : `must be one of ${PROTOCOLS.join(', ')}`,
    }),
  };
}

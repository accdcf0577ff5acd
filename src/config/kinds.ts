/**
 * The kinds of value a setting can have: each a small zod schema whose messages complete the
 * sentence "this value …", with what help and the JSON Schema say about it.
 *
 * @module
 */

import * as z from 'zod/mini';
import { DURATION_PATTERN, parseDuration } from './duration.ts';
import { InvalidValueError } from './problem.ts';

export type KindName = 'text' | 'choice' | 'boolean' | 'integer' | 'duration' | 'list';

/** What people are told about a kind of value. */
export interface KindInfo {
  readonly name: KindName;
  /** Stands for the value in help: `--flag <placeholder>`. */
  readonly placeholder: string;
  /** What is allowed, for the option table. */
  readonly allowed: string;
  /** The values of a choice. */
  readonly choices?: readonly string[];
  /** JSON Schema keywords beyond those zod derives. */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
}

/** A kind of value: `In` as written in weir.yaml, `Out` as the program uses it. */
export interface Kind<Out, In> extends KindInfo {
  readonly schema: z.ZodMiniType<Out, In>;
}

/** Longest single text value. */
const MAX_TEXT_CHARS = 4_096;

/** Most items of one list. */
const MAX_LIST_ITEMS = 1_000;

/** Turns a parser that throws InvalidValueError into a schema; anything else it throws is a bug. */
function parsed<Out>(parse: (text: string) => Out): z.ZodMiniType<Out, string> {
  return z.pipe(
    z.string({ error: 'must be a single text value' }),
    z.transform((text, context): Out => {
      try {
        if (text.length > MAX_TEXT_CHARS) {
          throw new InvalidValueError(`must be at most ${MAX_TEXT_CHARS} characters long`);
        }
        return parse(text);
      } catch (error) {
        if (!(error instanceof InvalidValueError)) throw error;
        context.issues.push({ code: 'custom', input: text, message: error.message });
        return z.NEVER;
      }
    }),
  );
}

export interface TextKindOptions {
  placeholder: string;
  allowed: string;
  /** Throws InvalidValueError; what it returns is ignored, the text stays as written. */
  check?: (text: string) => unknown;
  jsonSchema?: Readonly<Record<string, unknown>>;
}

/** One non-empty line of text. */
export function text(options: TextKindOptions): Kind<string, string> {
  return {
    name: 'text',
    placeholder: options.placeholder,
    allowed: options.allowed,
    jsonSchema: { minLength: 1, ...options.jsonSchema },
    schema: parsed((value) => {
      if (value.trim() === '') throw new InvalidValueError('must not be empty');
      if (hasControlCharacter(value)) {
        throw new InvalidValueError('must be one line without control characters');
      }
      options.check?.(value);
      return value;
    }),
  };
}

function hasControlCharacter(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

/** One of a few words. */
export function choice<const Word extends string>(words: readonly Word[]): Kind<Word, Word> {
  // YAML reads an unquoted 1.2 as a number; weir takes it as it is spelled.
  const numbers = words.map(Number).filter((number) => !Number.isNaN(number));
  return {
    name: 'choice',
    placeholder: words.join('|'),
    allowed: words.map((word) => `\`${word}\``).join(', '),
    choices: words,
    jsonSchema:
      numbers.length === 0 ? {} : { type: ['string', 'number'], enum: [...words, ...numbers] },
    schema: z.enum(words, { error: `must be one of ${words.join(', ')}` }),
  };
}

/** On or off. */
export function toggle(): Kind<boolean, boolean> {
  return {
    name: 'boolean',
    placeholder: '',
    allowed: '`true`, `false`',
    schema: z.boolean({ error: 'must be true or false' }),
  };
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): Kind<number, number> {
  const error = `must be a whole number from ${min} to ${max}`;
  return {
    name: 'integer',
    placeholder: 'number',
    allowed: `whole number, ${min}…${max}`,
    schema: z.int({ error }).check(z.minimum(min, { error }), z.maximum(max, { error })),
  };
}

/** A whole number from `min` to `max`, or a word for a number weir finds out by itself. */
export function integerOr<const Word extends string>(
  word: Word,
  min: number,
  max: number,
): Kind<number | Word, number | Word> {
  const error = `must be a whole number from ${min} to ${max}, or ${word}`;
  const number = z.int({ error }).check(z.minimum(min, { error }), z.maximum(max, { error }));
  return {
    name: 'integer',
    placeholder: `number|${word}`,
    allowed: `whole number, ${min}…${max}, or \`${word}\``,
    choices: [word],
    schema: z.union([number, z.literal(word)], { error }),
  };
}

/** A share from 0 to 1. */
export function ratio(): Kind<number, string> {
  return {
    name: 'text',
    placeholder: 'number',
    allowed: 'number from 0 to 1',
    jsonSchema: { type: ['string', 'number'], minimum: 0, maximum: 1 },
    schema: parsed((value) => {
      const number = /^[0-9]*\.?[0-9]+(?:e-?[0-9]{1,2})?$/i.test(value)
        ? Number(value)
        : Number.NaN;
      if (!(number >= 0 && number <= 1))
        throw new InvalidValueError('must be a number from 0 to 1');
      return number;
    }),
  };
}

/** A duration, kept in milliseconds. `zero` says what 0 means; without it 0 is refused. */
export function duration(zero?: string): Kind<number, string> {
  return {
    name: 'duration',
    placeholder: 'duration',
    allowed: zero === undefined ? 'duration above 0' : `duration; 0 = ${zero}`,
    jsonSchema:
      zero === undefined
        ? { pattern: DURATION_PATTERN }
        : { type: ['string', 'integer'], pattern: DURATION_PATTERN, minimum: 0, maximum: 0 },
    schema: parsed((value) => {
      const milliseconds = parseDuration(value);
      if (milliseconds === 0 && zero === undefined) {
        throw new InvalidValueError('must be longer than 0');
      }
      return milliseconds;
    }),
  };
}

/** Several values of one kind; comma separated where only text can be given. */
export function listOf<Item extends string>(item: Kind<Item, Item>): Kind<Item[], Item[]> {
  return {
    name: 'list',
    placeholder: `${item.placeholder},…`,
    allowed: `list of ${item.allowed}`,
    ...(item.choices === undefined ? {} : { choices: item.choices }),
    schema: z
      .array(item.schema, { error: 'must be a list, such as [a, b]' })
      .check(z.maxLength(MAX_LIST_ITEMS, { error: `must have at most ${MAX_LIST_ITEMS} items` })),
  };
}

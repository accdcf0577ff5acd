/**
 * The members of a message that the scanner reads, and what it does with their values. Everything
 * not named here is skipped.
 *
 * @module
 */

import { foldName } from './fold-name.ts';
import type { MessageDraft } from './message-draft.ts';
import { HAS_ERROR, HAS_ID, HAS_METHOD, HAS_RESULT } from './message-draft.ts';
import type { Token } from './token.ts';
import type { DecidingKey } from './types.ts';

/**
 * Puts a value into the draft. The token is null when there is nothing to put: the value is a
 * container or too long, or the member appeared again and its earlier value no longer counts.
 */
type Put = (draft: MessageDraft, token: Token | null) => void;

export interface Member {
  readonly name: string;
  /** Its bit in `MessageDraft.seen`. */
  readonly bit: number;
  /** What a second appearance is reported as, or null when it decides nothing. */
  readonly decides: DecidingKey | null;
  /** What to do with a scalar value, or null when only its presence matters. */
  readonly put: Put | null;
  /** What to read inside when the value is an object, or null to skip it. */
  readonly inside: MemberTable | null;
}

interface MemberOptions {
  bit?: number;
  decides?: DecidingKey;
  put?: Put;
  inside?: MemberTable;
}

/** A letter takes at most so many times its bytes in another case: U+212A for `k`. */
const MAX_FOLDED_GROWTH = 3;

const CASE_BIT = 0x20;

const decoder = new TextDecoder();

interface Candidate {
  readonly member: Member;
  readonly bytes: Uint8Array;
}

const NO_CANDIDATES: readonly Candidate[] = [];

/** The members read inside one object, found by the bytes of their name. */
export class MemberTable {
  readonly members: readonly Member[];
  /** Those that decide, by their folded name. */
  readonly #decidingByFold: ReadonlyMap<string, DecidingKey>;
  readonly #maxVariantBytes: number;
  readonly #byLength: (readonly Candidate[] | undefined)[] = [];

  constructor(members: readonly Member[]) {
    this.members = members;
    const deciding = new Map<string, DecidingKey>();
    for (const { name, decides } of members) {
      if (decides !== null) deciding.set(foldName(name), decides);
    }
    this.#decidingByFold = deciding;
    const lengths = [...deciding.keys()].map((name) => name.length);
    this.#maxVariantBytes = MAX_FOLDED_GROWTH * Math.max(...lengths);
    const encoder = new TextEncoder();
    for (const member of members) {
      const bytes = encoder.encode(member.name);
      const others = this.#byLength[bytes.length] ?? [];
      this.#byLength[bytes.length] = [...others, { member, bytes }];
    }
  }

  /** The member whose name is `bytes[start, end)`, or null. */
  find(bytes: Uint8Array, start: number, end: number): Member | null {
    const candidates = this.#byLength[end - start];
    if (candidates === undefined) return null;
    for (const candidate of candidates) {
      const name = candidate.bytes;
      let i = 0;
      while (i < name.length && name[i] === bytes[start + i]) i++;
      if (i === name.length) return candidate.member;
    }
    return null;
  }

  findByName(name: string): Member | null {
    return this.members.find((member) => member.name === name) ?? null;
  }

  /**
   * The deciding member that a parser which does not tell letter case would take for the one named
   * `bytes[start, end)`, which is none of ours; null when there is none. Escapes are not undone.
   */
  findVariant(bytes: Uint8Array, start: number, end: number): DecidingKey | null {
    if (end - start > this.#maxVariantBytes) return null;
    if (isAscii(bytes, start, end) && !this.#resembles(bytes, start, end)) return null;
    return this.findVariantByName(decoder.decode(bytes.subarray(start, end)));
  }

  /** Letters of ASCII have others as long as they are, one bit apart: look at two of them. */
  #resembles(bytes: Uint8Array, start: number, end: number): boolean {
    for (const { bytes: name } of this.#byLength[end - start] ?? NO_CANDIDATES) {
      const first = (name[0] as number) ^ (bytes[start] as number);
      const last = (name[name.length - 1] as number) ^ (bytes[end - 1] as number);
      if (((first | last) & ~CASE_BIT) === 0) return true;
    }
    return false;
  }

  findVariantByName(name: string): DecidingKey | null {
    return this.#decidingByFold.get(foldName(name)) ?? null;
  }
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let seen = 0;
  for (let i = start; i < end; i++) seen |= bytes[i] as number;
  return seen < 0x80;
}

let nextBit = 16;

function member(name: string, options: MemberOptions): Member {
  const { bit = nextBit, decides = null, put = null, inside = null } = options;
  if (bit === nextBit) nextBit *= 2;
  return { name, bit, decides, put, inside };
}

const META = new MemberTable([
  member('io.modelcontextprotocol/protocolVersion', {
    decides: 'params._meta.protocolVersion',
    put: ({ envelope }, token) => {
      envelope.meta.protocolVersion = token?.text() ?? null;
    },
  }),
  member('traceparent', {
    put: ({ envelope }, token) => {
      envelope.meta.traceparent = token?.text() ?? null;
    },
  }),
  member('tracestate', {
    put: ({ envelope }, token) => {
      envelope.meta.tracestate = token?.text() ?? null;
    },
  }),
  member('baggage', {
    put: ({ envelope }, token) => {
      envelope.meta.baggage = token?.text() ?? null;
    },
  }),
  member('progressToken', {
    put: ({ envelope }, token) => {
      envelope.meta.progressToken = token?.idToken() ?? null;
    },
  }),
  member('io.modelcontextprotocol/subscriptionId', {
    put: ({ envelope }, token) => {
      envelope.meta.subscriptionId = token?.idToken() ?? null;
    },
  }),
]);

const PARAMS = new MemberTable([
  member('name', {
    decides: 'params.name',
    put: ({ envelope }, token) => {
      envelope.name = token?.text() ?? null;
    },
  }),
  member('uri', {
    decides: 'params.uri',
    put: ({ envelope }, token) => {
      envelope.uri = token?.text() ?? null;
    },
  }),
  member('taskId', {
    decides: 'params.taskId',
    put: ({ envelope }, token) => {
      envelope.taskId = token?.text() ?? null;
    },
  }),
  member('arguments', { decides: 'params.arguments' }),
  member('_meta', { decides: 'params._meta', inside: META }),
  member('protocolVersion', {
    put: ({ envelope }, token) => {
      envelope.protocolVersion = token?.text() ?? null;
    },
  }),
  member('requestId', {
    put: ({ envelope }, token) => {
      envelope.requestId = token?.idToken() ?? null;
    },
  }),
]);

const RESULT = new MemberTable([
  member('isError', {
    decides: 'result.isError',
    put: ({ envelope }, token) => {
      envelope.isError = token?.isTrue() ?? false;
    },
  }),
  member('resultType', {
    decides: 'result.resultType',
    put: ({ envelope }, token) => {
      envelope.resultType = token?.text() ?? null;
    },
  }),
  member('protocolVersion', {
    put: (draft, token) => {
      draft.resultVersion = token?.text() ?? null;
    },
  }),
]);

const ERROR = new MemberTable([
  member('code', {
    decides: 'error.code',
    put: ({ envelope }, token) => {
      envelope.errorCode = token?.number() ?? null;
    },
  }),
]);

/** `params`: once it is complete, no member that decides the message is to be waited for. */
export const PARAMS_MEMBER: Member = member('params', { decides: 'params', inside: PARAMS });

/** The members of the message itself. */
export const MESSAGE_MEMBERS: MemberTable = new MemberTable([
  member('jsonrpc', { decides: 'jsonrpc' }),
  member('id', {
    bit: HAS_ID,
    decides: 'id',
    put: (draft, token) => {
      const id = token?.isNull() ? 'null' : (token?.idToken() ?? null);
      draft.envelope.id = id;
      draft.idIsWrong = id === null;
    },
  }),
  member('method', {
    bit: HAS_METHOD,
    decides: 'method',
    put: ({ envelope }, token) => {
      envelope.method = token?.text() ?? null;
    },
  }),
  PARAMS_MEMBER,
  member('result', { bit: HAS_RESULT, decides: 'result', inside: RESULT }),
  member('error', { bit: HAS_ERROR, decides: 'error', inside: ERROR }),
]);

/** Notes that a member has come, and forgets what an earlier one of the same name brought. */
export function openMember(draft: MessageDraft, opened: Member): void {
  if ((draft.seen & opened.bit) === 0) {
    draft.seen |= opened.bit;
    return;
  }
  if (opened.decides !== null) draft.addDuplicate(opened.decides);
  forget(draft, opened);
  draft.seen |= opened.bit;
}

function forget(draft: MessageDraft, forgotten: Member): void {
  draft.seen &= ~forgotten.bit;
  forgotten.put?.(draft, null);
  for (const inner of forgotten.inside?.members ?? []) forget(draft, inner);
}

/**
 * Bodies as they may be shown: JSON with its secrets masked, the events of a stream one by one,
 * other text with what looks like a secret hidden.
 *
 * @module
 */

import { SseSplitter } from '../../protocol/sse/splitter.ts';
import { redactText } from '../../redact/redact-text.ts';
import type { SecretNames } from '../../redact/secret-names.ts';
import { ValueRenderer } from '../../redact/value-renderer.ts';

/** A piece of text, and how to read it. */
export interface ShownText {
  readonly kind: 'json' | 'text';
  readonly text: string;
  /** Something was cut off. */
  readonly truncated: boolean;
}

export interface Payload {
  /** As many as were seen, kept or not. */
  readonly bytes: number;
  /** `kept`: see below. `coded`: not kept, for it was compressed. `dropped`: there was no room. */
  readonly state: 'kept' | 'coded' | 'dropped';
  /** The whole body; null where it is a stream of events, or was not kept. */
  readonly body: ShownText | null;
  /** The events that were kept, in order. */
  readonly events: readonly { readonly type: string; readonly data: ShownText }[];
}

/** Longest text made of one body, in bytes: what was kept of it, with room for escapes. */
const MAX_SHOWN_BYTES = 256 * 1024;
/** Payloads are looked at by people, who want more than a line of them. */
const LIMITS = { maxDepth: 24, maxNodes: 10_000, maxStringChars: 16_384 };
/** Events kept of one stream. */
const MAX_EVENTS = 200;

export class PayloadRenderer {
  readonly #names: SecretNames;
  readonly #values: ValueRenderer;
  readonly #decoder: TextDecoder = new TextDecoder();

  constructor(names: SecretNames) {
    this.#names = names;
    this.#values = new ValueRenderer({ names, limits: LIMITS });
  }

  /** @param isCut the bytes are the beginning of a longer body */
  show(bytes: Uint8Array, isCut: boolean): ShownText {
    const text = this.#decoder.decode(bytes);
    const value = isCut ? undefined : tryParse(text);
    if (value === undefined) {
      return { kind: 'text', text: redactText(text, this.#names, isCut), truncated: isCut };
    }
    const shown = this.#values.render(value, {
      detail: 'masked',
      maxBytes: MAX_SHOWN_BYTES,
      position: null,
    });
    return { kind: 'json', text: shown.text, truncated: shown.truncated };
  }

  /** The events that begin and end within the bytes. */
  showEvents(bytes: Uint8Array): Payload['events'] {
    const events: { type: string; data: ShownText }[] = [];
    const splitter = new SseSplitter({
      onEvent: ({ type, data }) => {
        if (events.length === MAX_EVENTS) return;
        events.push({ type: type.slice(0, 64), data: this.show(data, false) });
      },
    });
    splitter.write(bytes);
    return events;
  }
}

/** Undefined when it is no JSON. */
function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

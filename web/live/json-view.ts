/**
 * JSON with line breaks and colours.
 *
 * @module
 */

import type { ShownText } from '../../src/telemetry/live/payload.ts';
import { h } from './dom.ts';

/** Names of members, other strings, numbers, and the three words. Runs over text that is JSON. */
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b/g;

/** Beyond this many characters colours would hold the page up. */
const MAX_COLOURED_CHARS = 200_000;

export function showText(shown: ShownText): HTMLElement {
  const text = shown.kind === 'json' ? pretty(shown.text) : shown.text;
  const code = h('code');
  if (shown.kind === 'json' && text.length <= MAX_COLOURED_CHARS) colour(code, text);
  else code.append(text);
  return h(
    'pre',
    { tabindex: '0', class: 'payload' },
    code,
    shown.truncated && h('span', { class: 'cut' }, '\n… the rest was cut off'),
  );
}

export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function colour(into: HTMLElement, text: string): void {
  let done = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon, number] = match;
    into.append(text.slice(done, match.index));
    if (string !== undefined) {
      const kind = colon !== undefined ? 'j-key' : string === '"***"' ? 'j-mask' : 'j-string';
      into.append(h('span', { class: kind }, string), colon ?? '');
    } else {
      into.append(h('span', { class: number !== undefined ? 'j-number' : 'j-word' }, whole));
    }
    done = match.index + whole.length;
  }
  into.append(text.slice(done));
}

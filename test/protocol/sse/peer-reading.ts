/**
 * The same stream read by weir and by `eventsource-parser`, so that the two can be compared.
 *
 * @module
 */

import { createParser } from 'eventsource-parser';
import { cutAt, listen } from './reading.ts';

export interface PeerView {
  events: { type: string; data: string; id: string | null }[];
  comments: string[];
}

/**
 * What eventsource-parser reads. Three places where it and the standard (WHATWG HTML §9.2.6) differ
 * are evened out here, so that the comparison is about all the rest:
 *
 * - A CR at the end of the input is a line end at once (§9.2.5: `end-of-line = CRLF / CR / LF`). The
 *   peer waits for another line end after it, which at the end of a stream never comes: it gets one,
 *   with a field that nobody knows before it.
 * - The stream is decoded by "UTF-8 decode", which strips one U+FEFF and nothing else. The peer takes
 *   text, and strips U+00EF U+00BB U+00BF, which are letters: it gets no text that begins with them.
 * - The peer strips a space at the start of a comment; the standard says nothing of comments but that
 *   they are ignored.
 */
export function readWithPeer(bytes: Uint8Array, cuts: readonly number[]): PeerView {
  const view: PeerView = { events: [], comments: [] };
  const parser = createParser({
    onEvent: ({ event, data, id }) =>
      view.events.push({ type: event ?? 'message', data, id: id ?? null }),
    onComment: (text) => view.comments.push(text),
  });
  const decoder = new TextDecoder();
  const chunks = cutAt(bytes, cuts);
  chunks.forEach((chunk, index) => {
    parser.feed(decoder.decode(chunk, { stream: index < chunks.length - 1 }));
  });
  if (bytes.at(-1) === 0x0d) parser.feed('end\n');
  return view;
}

export function readWithWeir(bytes: Uint8Array, cuts: readonly number[]): PeerView {
  const view: PeerView = { events: [], comments: [] };
  for (const heard of listen(cutAt(bytes, cuts))) {
    if (heard.what === 'comment') view.comments.push(heard.text.replace(/^ /, ''));
    if (heard.what === 'event') {
      view.events.push({ type: heard.type, data: heard.data, id: heard.id });
    }
  }
  return view;
}

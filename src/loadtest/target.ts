/**
 * Where a load test may be aimed. A load test is an attack on whatever is not meant to be tested,
 * so that anything but this machine has to be asked for.
 *
 * @module
 */

/**
 * Whether a URL names this machine itself: `localhost`, 127.0.0.0/8 or `::1`. Judged by the name,
 * without asking a resolver: what a name resolves to now may be something else a moment later.
 */
export function isLoopbackUrl(url: URL): boolean {
  // The URL parser has brought other spellings (127.1, 0x7f000001, [0:0::1]) into these forms.
  const host = url.hostname;
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** An http(s) URL without credentials or fragment, or null. */
export function parseTargetUrl(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  // fetch refuses credentials in a URL, and a fragment is never sent.
  if (url.username !== '' || url.password !== '' || url.hash !== '') return null;
  return url;
}

/**
 * The keyboard: single keys, which leave fields of text alone.
 *
 * @module
 */

import { h } from './dom.ts';

export interface Shortcut {
  readonly key: string;
  readonly about: string;
  /** Null for a key that is only told of: what has the focus listens to it. */
  readonly run: (() => void) | null;
}

export function listenForKeys(shortcuts: readonly Shortcut[]): () => void {
  const rows = shortcuts.map(({ key, about }) =>
    h('tr', {}, h('th', { scope: 'row' }, h('kbd', {}, key)), h('td', {}, about)),
  );
  const close = h('button', { class: 'main' }, 'Close');
  const dialog = h(
    'dialog',
    { class: 'keys-help', 'aria-label': 'Keyboard shortcuts' },
    h(
      'form',
      { method: 'dialog' },
      h('h2', {}, 'Keyboard'),
      h('table', {}, h('tbody', {}, ...rows)),
      close,
    ),
  );
  document.body.append(dialog);
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || dialog.open)
      return;
    const target = event.target as Element;
    const isTyping = target.closest('input, select, textarea, dialog') !== null;
    if (isTyping && event.key !== 'Escape') return;
    const shortcut = shortcuts.find(
      ({ key }) => key === event.key || (key === 'Esc' && event.key === 'Escape'),
    );
    if (shortcut === undefined || shortcut.run === null) return;
    if (isTyping) (target as HTMLElement).blur();
    event.preventDefault();
    shortcut.run();
  });
  return () => dialog.showModal();
}

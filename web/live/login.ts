/**
 * Asks for the admin token. It is kept for as long as the tab is open.
 *
 * @module
 */

import { h, setText } from './dom.ts';

export class Login {
  readonly #onToken: (token: string) => void;
  #dialog: HTMLDialogElement | null = null;
  readonly #message = h('p', { class: 'hint', role: 'alert' });
  readonly #field = h('input', {
    type: 'password',
    id: 'token',
    name: 'token',
    autocomplete: 'current-password',
    required: true,
  });

  constructor(onToken: (token: string) => void) {
    this.#onToken = onToken;
  }

  ask(why: string | null): void {
    this.#dialog ??= this.#make();
    setText(this.#message, why ?? '');
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#field.focus();
  }

  #make(): HTMLDialogElement {
    const form = h(
      'form',
      { method: 'dialog' },
      h('h2', {}, 'This proxy asks for its token'),
      h(
        'p',
        {},
        'It is the one set as admin token. It stays in this tab and is forgotten with it.',
      ),
      // For password managers, which want to know whose it is.
      h('input', {
        class: 'unseen',
        autocomplete: 'username',
        value: 'weir',
        tabindex: '-1',
        'aria-hidden': true,
      }),
      h('label', { for: 'token' }, 'Admin token'),
      this.#field,
      this.#message,
      h('p', { class: 'actions' }, h('button', { class: 'main' }, 'Watch')),
    );
    const dialog = h('dialog', { class: 'login', 'aria-label': 'Admin token' }, form);
    dialog.addEventListener('cancel', (event) => event.preventDefault());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const token = this.#field.value.trim();
      this.#field.value = '';
      dialog.close();
      this.#onToken(token);
    });
    document.body.append(dialog);
    return dialog;
  }
}

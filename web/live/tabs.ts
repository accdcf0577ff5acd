/**
 * Tabs, where there is no room for all panels at once. On a wide screen the stylesheet shows all.
 *
 * @module
 */

export class Tabs {
  readonly #tabs: readonly HTMLElement[];

  constructor(list: HTMLElement) {
    this.#tabs = [...list.querySelectorAll<HTMLElement>('[role=tab]')];
    for (const tab of this.#tabs) tab.addEventListener('click', () => this.select(tab));
    list.addEventListener('keydown', (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (by === undefined) return;
      const at = this.#tabs.findIndex((tab) => tab.getAttribute('aria-selected') === 'true');
      const next = this.#tabs[(at + by + this.#tabs.length) % this.#tabs.length] as HTMLElement;
      this.select(next);
      next.focus();
      event.preventDefault();
    });
  }

  select(selected: HTMLElement): void {
    for (const tab of this.#tabs) {
      const isSelected = tab === selected;
      tab.setAttribute('aria-selected', String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
      document
        .getElementById(tab.getAttribute('aria-controls') ?? '')
        ?.classList.toggle('shown', isSelected);
    }
  }
}

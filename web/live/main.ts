/**
 * The live page: puts what arrives into the model and the model on the screen, at most once for each
 * frame the screen shows.
 *
 * @module
 */

import { Connection, type LinkState } from './connection.ts';
import { DetailView } from './detail.ts';
import { byId, h, setText } from './dom.ts';
import { subjectOf } from './filter.ts';
import { listenForKeys } from './keyboard.ts';
import { Login } from './login.ts';
import { MAX_ROWS, Model, type PageRow } from './model.ts';
import { NowView } from './now.ts';
import { StreamsView } from './streams.ts';
import { Tabs } from './tabs.ts';
import { ToolsView } from './tools.ts';
import { TrafficView } from './traffic.ts';

const model = new Model();
const tabs = new Tabs(document.querySelector<HTMLElement>('[role=tablist]') as HTMLElement);

const LINK_TEXTS: Readonly<Record<LinkState, string>> = {
  connecting: 'connecting',
  live: 'live',
  waiting: 'reconnecting',
  locked: 'locked',
};

/** Rows that have come and are not on the screen yet. */
let added: PageRow[] = [];
let isPaused = false;
let isDrawing = false;

const connection = new Connection({
  onState(state, why) {
    const link = byId('link');
    link.dataset.state = state;
    setText(link, isPaused && state === 'live' ? 'paused' : LINK_TEXTS[state]);
    link.title = why ?? '';
    if (state === 'locked') login.ask(why);
  },
  onHello(hello) {
    model.greet(hello);
    setText(byId('server'), hello.upstream);
    document.title = `${hello.upstream} · weir`;
    setText(byId('footer'), `weir ${hello.version} on ${hello.runtime}`);
    byId('notices').replaceChildren(...notices(hello));
  },
  onUpdate(update) {
    added.push(...model.take(update));
    // Held still, or seen by nobody: only so many will ever be drawn.
    if (added.length > MAX_ROWS) added = added.slice(-MAX_ROWS);
    schedule();
  },
});

const login = new Login((token) => connection.unlock(token));
const now = new NowView(byId('now'));
const traffic = new TrafficView(byId('traffic'), { onOpen: (row) => openDetail(row) });
const detail = new DetailView({
  load: (id) => connection.detail(id),
  hello: () => model.hello,
  onClose: (isFocused) => traffic.markOpened(null, isFocused),
});
const tools = new ToolsView(byId('tools'), (name) => {
  traffic.filterTool(name);
  tabs.select(byId('tab-traffic'));
});
const streams = new StreamsView(byId('streams'), (stream) => {
  void detail.open(stream.id, `${stream.kind} stream`);
});

function openDetail(row: PageRow): void {
  traffic.markOpened(row.key, false);
  const title = row.target === null ? subjectOf(row) : `${subjectOf(row)} ${row.target.name}`;
  // One of a weir that is gone cannot be asked for, and its id may be another's by now.
  void detail.open(row.instance === model.hello?.instance ? row.id : 'gone', title);
}

function schedule(): void {
  if (isDrawing || isPaused) return;
  isDrawing = true;
  requestAnimationFrame(draw);
}

function draw(): void {
  isDrawing = false;
  if (isPaused) return;
  const rows = added;
  added = [];
  traffic.show(model.rows, rows, model.missed);
  if (model.standing === null) return;
  now.show(model.seconds);
  tools.show(model.tools);
  streams.show(model.standing, Date.now());
  const upstream = byId('upstream');
  const check = model.upstream;
  upstream.dataset.state = check?.status ?? 'unknown';
  const took = check?.latency_ms === undefined ? '' : ` ${check.latency_ms} ms`;
  setText(upstream, `upstream ${check?.status ?? '…'}${check?.status === 'up' ? took : ''}`);
  upstream.title = check?.error ?? 'As the readiness check saw it last';
}

function notices({ capture, partial }: { capture: boolean; partial: boolean }): HTMLElement[] {
  return [
    ...(capture
      ? [
          h(
            'p',
            { class: 'notice alarm', role: 'alert' },
            h('strong', {}, 'Payloads are being captured. '),
            'Whoever sees this page sees what clients and servers say to each other. What looks like a secret is masked; what does not is shown. Start weir without --capture when you are done.',
          ),
        ]
      : []),
    ...(partial
      ? [
          h(
            'p',
            { class: 'notice' },
            'On Workers this page shows the traffic of one isolate, the one that happens to answer it. /metrics adds all of them up.',
          ),
        ]
      : []),
  ];
}

function togglePause(): void {
  isPaused = !isPaused;
  const button = byId('pause');
  button.setAttribute('aria-pressed', String(isPaused));
  setText(button, isPaused ? 'Resume' : 'Pause');
  const link = byId('link');
  if (link.dataset.state === 'live') setText(link, isPaused ? 'paused' : 'live');
  document.body.classList.toggle('paused', isPaused);
  schedule();
}

byId('pause').addEventListener('click', togglePause);
const showHelp = listenForKeys([
  { key: '/', about: 'Filter by text', run: () => traffic.focusFilter() },
  { key: 'j', about: 'Next exchange (also ↓)', run: () => traffic.move(1) },
  { key: 'k', about: 'Exchange before (also ↑)', run: () => traffic.move(-1) },
  { key: 'Enter', about: 'Show the exchange', run: null },
  { key: 'c', about: 'Clear the filter', run: () => traffic.clearFilter() },
  { key: 'p', about: 'Hold the page still, and let it go on', run: togglePause },
  { key: 'Esc', about: 'Close what is open', run: () => detail.close() },
  { key: '?', about: 'This list', run: () => showHelp() },
]);
byId('help').addEventListener('click', showHelp);

// Where nobody sees the page, nothing is drawn; what has come is drawn when it is seen again.
document.addEventListener('visibilitychange', schedule);
traffic.show([], [], 0);
void connection.start();

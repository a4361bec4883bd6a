'use strict';

const data = JSON.parse(document.getElementById('data').textContent);

// What splits the matrix into sections. Each has a filter.
const AXES = ['suite', 'transport', ...data.cells.some(cell => cell.proxy) ? ['proxy'] : []];
const axis = (cell, name) => cell[name] ?? 'direct';

const ALL = '*';
const unique = values => [...new Set(values)];
const peers = unique(data.cells.flatMap(cell => [cell.client, cell.server])).sort();
const symbols = new Map([...data.standings].reverse());
const VERDICTS = [...symbols, ['flaky', 'n/m']];
for (const cell of data.cells) {
  const section = AXES.map(name => axis(cell, name));
  cell.section = section.join(', ');
  cell.id = [...section, cell.client, cell.server, cell.case].join('/');
  cell.about = data.about[cell.suite]?.[cell.case] ?? '';
  cell.flaky = 0 < cell.passed && cell.passed < cell.attempts;
  cell.text = `${cell.case} ${cell.about} ${cell.why}`.toLowerCase();
}

// The state is what the address says; what is not there has its default.
const DEFAULTS = {
  ...Object.fromEntries(AXES.map(name => [name, ''])),
  peer: peers.includes('grpcio') ? 'grpcio' : peers[0] ?? ALL,
  with: '', verdict: '', text: '', cell: '',
};
let state;

function readAddress() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  state = Object.fromEntries(
    Object.entries(DEFAULTS).map(([key, value]) => [key, parameters.get(key) ?? value]));
}

function change(changes, how = 'replaceState') {
  Object.assign(state, changes);
  const parameters = new URLSearchParams(
    Object.entries(state).filter(([key, value]) => value !== DEFAULTS[key]));
  const readable = String(parameters).replace(/%(2F|2C|3A|40)/g, decodeURIComponent);
  history[how](null, '', '#' + readable);
  if (!Object.keys(changes).every(key => key === 'cell')) showMatrix();
  showPanel();
}

// Elements. Text is always text, never HTML: much of it comes from the peers.
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter(child => child != null));
  return element;
}

const badge = (standing, text, tag = 'span') =>
  h(tag, {class: `badge ${standing}`}, `${symbols.get(standing)} ${text}`);

const linked = text => text.split(/(https?:\/\/[^\s<>"()]*[^\s<>"(),.:;])/).map((part, index) =>
  index % 2 ? h('a', {href: part}, part) : part);

// A name that may be broken between its words.
const breakable = name => name.split(/(?<=[_/])/).flatMap(word => [word, h('wbr')]);

// Filters.
const isInView = cell =>
  AXES.every(name => !state[name] || axis(cell, name) === state[name])
  && (state.peer === ALL || cell.client === state.peer && isWith(cell.server)
    || cell.server === state.peer && isWith(cell.client));
const isWith = other => !state.with || other === state.with;

const hasText = cell =>
  state.text.toLowerCase().split(/\s+/).every(word => cell.text.includes(word));

const is = (cell, verdict) => verdict === 'flaky' ? cell.flaky : cell.standing === verdict;
const hasVerdict = cell =>
  !state.verdict || state.verdict.split(',').some(verdict => is(cell, verdict));

function select(name, label, options) {
  const onchange = event => change({[name]: event.target.value});
  return h('label', null, label, h('select', {name, onchange},
    options.map(([value, text]) => h('option', {value}, text))));
}

function showFilters() {
  const named = values => values.map(value => [value, value]);
  const form = document.getElementById('filters');
  form.hidden = false;
  form.addEventListener('submit', event => event.preventDefault());
  form.append(
    ...AXES.map(name => select(name, name,
      [['', 'all'], ...named(unique(data.cells.map(cell => axis(cell, name))))])),
    select('peer', 'peer', [...named(peers), [ALL, 'all pairs']]),
    select('with', 'with', [['', 'all'], ...named(peers)]),
    h('label', {class: 'text'}, 'text', h('input', {
      name: 'text', type: 'search', placeholder: 'case or reason',
      oninput: event => change({text: event.target.value}),
    })),
    h('fieldset', null, h('legend', null, 'verdict'), VERDICTS.map(([value, symbol]) =>
      h('label', {class: `badge ${value}`},
        h('input', {type: 'checkbox', name: 'verdict', value, onchange: chooseVerdicts}),
        `${symbol} ${value} `, h('span')))));
}

function chooseVerdicts() {
  const checked = document.querySelectorAll('[name=verdict]:checked');
  change({verdict: [...checked].map(box => box.value).join()});
}

function updateFilters(cells) {
  const fields = document.getElementById('filters').elements;
  for (const name of [...AXES, 'peer', 'with', 'text']) {
    if (fields[name].value !== state[name]) fields[name].value = state[name];
  }
  fields.with.disabled = state.peer === ALL;
  for (const box of fields.verdict) {
    const count = cells.filter(cell => is(cell, box.value)).length;
    box.checked = state.verdict.split(',').includes(box.value);
    box.parentElement.hidden = !count && !box.checked;
    box.parentElement.lastChild.textContent = count;
  }
}

// The matrix.
function showMatrix() {
  const cells = data.cells.filter(cell => isInView(cell) && hasText(cell));
  updateFilters(cells);
  const found = cells.filter(hasVerdict);
  const sections = Map.groupBy(found, cell => cell.section);
  const all = Map.groupBy(data.cells.filter(isInView), cell => cell.section);
  const table = state.peer === ALL ? overview : cases;
  document.getElementById('matrix').replaceChildren(...[...sections].map(([title, found]) =>
    h('section', null, h('h2', null, title),
      h('div', {class: 'scroll'}, table(found, all.get(title))))));
  if (!found.length) {
    document.getElementById('matrix').append(h('p', {class: 'empty'}, 'No cell is like that. ',
      h('button', {onclick: () => change({...DEFAULTS})}, 'Show the default view')));
  }
  for (const table of document.querySelectorAll('main table')) {
    table.querySelector('tbody button')?.setAttribute('tabindex', 0);
  }
  fit();
}

// Cases down, pairs across: first those that the peer calls, then those that call it.
function cases(found, all) {
  const calls = cell => cell.client === state.peer;
  const pairs = cells => [...Map.groupBy(cells, cell => `${cell.client} ${cell.server}`).values()]
    .map(([{client, server}]) => ({client, server}))
    .sort((a, b) => a.client.localeCompare(b.client) || a.server.localeCompare(b.server));
  const groups = [pairs(all.filter(calls)), pairs(all.filter(cell => !calls(cell)))];
  const columns = groups.flat();
  const place = ({client, server}, name) => `${client} ${server} ${name}`;
  const at = new Map(all.map(cell => [place(cell, cell.case), cell]));
  const isFound = new Set(found);
  const rows = [...Map.groupBy(found, cell => cell.case)].map(([name, [{about}]]) =>
    ({name, about, cells: columns.map(pair => at.get(place(pair, name)))}));
  const names = state.with ? pair => `${pair.client} → ${pair.server}` : pair => pair.server;
  const others = state.with ? names : pair => pair.client;
  const edge = index => index === groups[0].length ? 'edge' : null;
  return h('table', {class: 'matrix'},
    h('thead', null,
      state.with ? null : h('tr', null, h('th', {class: 'corner'}, 'client → server'),
        groups.map((group, index) => group.length ? h('th',
          {colspan: group.length, scope: 'colgroup', class: index ? 'edge' : null},
          index ? `… → ${state.peer}` : `${state.peer} → …`) : null), h('th', {class: 'edge'})),
      h('tr', null, h('th', {class: 'corner'}, 'case'),
        columns.map((pair, index) => heading((index < groups[0].length ? names : others)(pair),
          edge(index))),
        h('th', {scope: 'col', class: 'edge'}, 'pass'))),
    h('tbody', null, rows.map(row => h('tr', null,
      h('th', {scope: 'row', title: row.about}, breakable(row.name)),
      row.cells.map((cell, index) => h('td', {class: edge(index)},
        cell ? cellButton(cell, isFound.has(cell)) : null)),
      total(row.cells, 'edge')))),
    h('tfoot', null, h('tr', null, h('th', {scope: 'row'}, 'pass'),
      columns.map((_, index) => total(rows.map(row => row.cells[index]), edge(index))),
      total(rows.flatMap(row => row.cells), 'edge'))));
}

const heading = (text, place) => h('th', {scope: 'col', class: place},
  h('span', null, text.replaceAll('@', '\n@')));

const cellButton = (cell, isFound) => h('button', {
  class: [cell.standing, cell.flaky && 'flaky', !isFound && 'other'].filter(Boolean).join(' '),
  'aria-label': `${cell.case}, ${cell.client} → ${cell.server}: ${cell.standing}`
    + (cell.flaky ? `, passed ${cell.mark}` : ''),
  'data-cell': cell.id, title: `${cell.client} → ${cell.server}: ${cell.why || cell.standing}`,
  tabindex: -1,
  onclick: () => { change({cell: cell.id}); document.getElementById('panel').focus(); },
}, cell.mark);

function counts(cells) {
  return [...symbols.keys()]
    .map(standing => [standing, cells.filter(cell => cell?.standing === standing).length])
    .filter(([, count]) => count);
}

function total(cells, place) {
  cells = cells.filter(Boolean);
  const title = counts(cells).map(([standing, count]) => `${count} ${standing}`).join(', ');
  const passed = cells.filter(cell => cell.standing === 'pass').length;
  return h('td', {class: `total ${place ?? ''}`, title},
    passed === cells.length ? String(passed) : `${passed}/${cells.length}`);
}

// Clients down, servers across, how often each verdict occurs in each place.
function overview(found) {
  const servers = unique(found.map(cell => cell.server)).sort();
  const clients = unique(found.map(cell => cell.client)).sort();
  const pairs = Map.groupBy(found, cell => `${cell.client} ${cell.server}`);
  const badges = cells => counts(cells).map(([standing, count]) => badge(standing, count));
  const pairButton = (client, server, cells) => h('button', {
    class: 'pair', tabindex: -1, title: `${client} → ${server}`,
    'aria-label': `${client} → ${server}: `
      + counts(cells).map(([standing, count]) => `${count} ${standing}`).join(', '),
    onclick: () => change({peer: client, with: server}, 'pushState'),
  }, badges(cells));
  const sum = (cells, place) => h('td', {class: `total ${place}`}, badges(cells));
  return h('table', {class: 'matrix overview'},
    h('thead', null, h('tr', null, h('th', {class: 'corner'}, 'client ↓ server →'),
      servers.map(server => heading(server)),
      h('th', {scope: 'col', class: 'edge'}, 'all'))),
    h('tbody', null, clients.map(client => h('tr', null, h('th', {scope: 'row'}, client),
      servers.map(server => [server, pairs.get(`${client} ${server}`)]).map(([server, cells]) =>
        h('td', null, cells ? pairButton(client, server, cells) : null)),
      sum(found.filter(cell => cell.client === client), 'edge')))),
    h('tfoot', null, h('tr', null, h('th', {scope: 'row'}, 'all'),
      servers.map(server => sum(found.filter(cell => cell.server === server), '')),
      sum(found, 'edge'))));
}

// Only what is too wide scrolls on its own: in the rest, headings stay in sight.
function fit() {
  for (const box of document.querySelectorAll('main .scroll')) {
    box.classList.toggle('wide', box.firstElementChild.offsetWidth > box.parentElement.clientWidth);
  }
}

// The panel of one cell.
function showPanel() {
  const panel = document.getElementById('panel');
  const cell = data.cells.find(cell => cell.id === state.cell);
  panel.hidden = !cell;
  document.body.classList.toggle('has-panel', Boolean(cell));
  for (const button of document.querySelectorAll('main [data-cell]')) {
    button.setAttribute('aria-current', button.dataset.cell === state.cell);
  }
  if (!cell) return;
  panel.replaceChildren(...panelContent(cell));
  for (const log of panel.querySelectorAll('pre')) log.scrollTop = log.scrollHeight;
}

function panelContent(cell) {
  const log = (title, lines) => lines?.length
    ? [h('h3', null, title), h('pre', {tabindex: 0}, lines.join('\n'))] : [];
  const fact = (name, ...value) => h('div', null, h('dt', null, name), h('dd', null, ...value));
  const tries = cell.attempts > 1 ? `, ${cell.passed} of ${cell.attempts} passed` : '';
  const duration = cell.seconds < 1
    ? `${Math.round(cell.seconds * 1000)} ms` : `${cell.seconds.toFixed(1)} s`;
  return [
    h('button', {class: 'close', 'aria-label': 'Close', onclick: closePanel}, '✕'),
    h('h2', null, cell.case),
    h('p', null, `${cell.client} → ${cell.server}, ${cell.section}`),
    cell.about ? h('p', {class: 'about'}, cell.about) : null,
    h('p', {class: 'verdict'}, badge(cell.standing, cell.standing),
      cell.flaky ? h('span', {class: 'badge flaky'}, `${cell.mark} flaky`) : null),
    cell.reason ? h('p', {class: 'reason'}, linked(cell.reason)) : null,
    h('dl', null,
      cell.known ? fact('Known failing', linked(cell.known.reason), h('br'),
        h('code', null, cell.known.place)) : null,
      fact('Took', duration + tries),
      cell.logs ? fact('Logs', h('code', null, cell.logs)) : null),
    h('h3', null, 'Run it again'),
    h('div', {class: 'copy'}, h('code', {id: 'again'}, cell.command),
      h('button', {onclick: copyCommand}, 'Copy')),
    ...log(`Client (${cell.client})`, cell.evidence?.client),
    ...log(`Proxy (${cell.proxy})`, cell.evidence?.proxy),
    ...log(`Server (${cell.server})`, cell.evidence?.server),
  ].filter(Boolean);
}

async function copyCommand(event) {
  const button = event.currentTarget;
  const command = document.getElementById('again');
  getSelection().selectAllChildren(command);
  try {
    await navigator.clipboard.writeText(command.textContent);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Selected';
  }
}

function closePanel() {
  const button = document.querySelector('main [aria-current=true]');
  change({cell: ''});
  button?.focus();
}

// Keys: arrows move among cells, Escape closes the panel.
const STEPS = {
  ArrowLeft: place => place.previousElementSibling,
  ArrowRight: place => place.nextElementSibling,
  ArrowUp: place => place.parentElement.previousElementSibling?.cells[place.cellIndex],
  ArrowDown: place => place.parentElement.nextElementSibling?.cells[place.cellIndex],
};

document.getElementById('matrix').addEventListener('keydown', event => {
  const step = STEPS[event.key];
  let place = event.target.closest('td');
  if (!step || !place) return;
  event.preventDefault();
  do place = step(place); while (place && !place.querySelector('button'));
  place?.querySelector('button').focus();
});

document.getElementById('matrix').addEventListener('focusin', event => {
  for (const button of event.target.closest('table')?.querySelectorAll('[tabindex="0"]') ?? []) {
    button.setAttribute('tabindex', -1);
  }
  event.target.setAttribute('tabindex', 0);
});

addEventListener('keydown', event => { if (event.key === 'Escape' && state.cell) closePanel(); });
addEventListener('resize', fit);
addEventListener('popstate', show);

function show() {
  readAddress();
  showMatrix();
  showPanel();
}

showFilters();
show();

'use strict';

// The page can be read without this. It adds what a tap tells: a cell's figures, a point's values.
const panel = document.getElementById('panel');
const tip = document.getElementById('tip');

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Every figure of a cell stands in its chart's table; the panel shows those rows.
function figuresOf(button) {
  const table = button.closest('section').querySelector('.data table');
  const {case: label, contestant} = button.dataset;
  const names = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
  const place = row => names.findIndex(name => name === row);
  const way = row => names.includes('server')
    ? `${row.cells[place('client')].textContent} → ${row.cells[place('server')].textContent}`
    : row.cells[place('contestant')].textContent;
  const rows = [...table.tBodies[0].rows].filter(row =>
    row.cells[place('case')].textContent === label && way(row) === contestant);
  const text = (row, name) => row.cells[place(name)]?.textContent ?? '';
  return rows.map(row => ({
    figure: text(row, 'figure'), median: text(row, 'median'), reference: text(row, 'reference'),
    ahead: text(row, 'ahead'), low: text(row, 'low'), high: text(row, 'high'), rounds: text(row, 'rounds'),
  }));
}

function showPanel(button) {
  const figures = figuresOf(button);
  const fact = ({figure, median, reference, ahead, low, high, rounds}) => h('div', {},
    h('dt', {}, figure),
    h('dd', {}, `${median}${reference && `, the reference ${reference}`}`, h('br', {}),
      ahead ? `${ahead} ahead (${low} to ${high}, ${rounds} rounds)` : 'one round: no interval'));
  const close = h('button', {class: 'close', 'aria-label': 'Close'}, '✕');
  close.addEventListener('click', closePanel);
  panel.replaceChildren(close, h('h2', {}, button.dataset.case), h('p', {}, button.dataset.contestant),
    h('dl', {}, ...figures.map(fact)));
  document.querySelector('[aria-current=true]')?.removeAttribute('aria-current');
  button.setAttribute('aria-current', true);
  panel.hidden = false;
  panel.focus();
}

function closePanel() {
  const button = document.querySelector('[aria-current=true]');
  button?.removeAttribute('aria-current');
  panel.hidden = true;
  button?.focus();
}

// A title is shown to a mouse; a tap gets this.
function showTip(target, event) {
  tip.textContent = target.querySelector('title').textContent;
  tip.hidden = false;
  const left = Math.min(event.pageX + 8, innerWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(left, 8)}px`;
  tip.style.top = `${event.pageY + 12}px`;
}

addEventListener('click', event => {
  const button = event.target.closest('[data-case]');
  const point = event.target.closest('.mark, .bar');
  tip.hidden = true;
  if (button) showPanel(button);
  else if (point?.querySelector('title')) showTip(point, event);
});
addEventListener('keydown', event => {
  if (event.key === 'Escape' && !panel.hidden) closePanel();
});

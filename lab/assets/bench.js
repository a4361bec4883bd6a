'use strict';

// The page can be read without this. It adds what a tap shows: a cell's figures, a point's values.
const panel = document.getElementById('panel');
const tip = document.getElementById('tip');

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Every figure of a cell stands in its chart's table, a row each; the panel shows those rows.
function figuresOf(button) {
  const table = button.closest('section').querySelector('.data table');
  const texts = row => [...row.cells].map(cell => cell.textContent.trim());
  const names = texts(table.tHead.rows[0]);
  const rows = [...table.tBodies[0].rows].map(row =>
    Object.fromEntries(texts(row).map((text, place) => [names[place], text])));
  const who = row => row.contestant ?? `${row.client} → ${row.server}`;
  return rows.filter(row =>
    row.case === button.dataset.case && who(row) === button.dataset.contestant);
}

function showPanel(button) {
  const fact = ({figure, median, reference, ahead, low, high, rounds}) => h('div', {},
    h('dt', {}, figure),
    h('dd', {}, reference ? `${median}, the reference ${reference}` : median, h('br', {}),
      ahead ? `${ahead} ahead (${low} to ${high}), ${rounds} rounds` : 'no interval'));
  const close = h('button', {class: 'close', 'aria-label': 'Close'}, '✕');
  close.addEventListener('click', closePanel);
  panel.replaceChildren(close, h('h2', {}, button.dataset.case), h('p', {}, button.dataset.contestant),
    h('dl', {}, ...figuresOf(button).map(fact)));
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

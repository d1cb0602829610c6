'use strict';
// Everything is there without this. It sorts, and narrows down.
for (const table of document.querySelectorAll('table.links')) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (!head.dataset.sort) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const key = (row) => row.cells[column].dataset.by;
      const rank = head.dataset.sort === 'number'
        ? (a, b) => key(a) - key(b)
        : (a, b) => key(a).localeCompare(key(b));
      // What has no value comes last, whichever way it is sorted.
      const empty = (row) => (key(row) === '' ? 1 : 0);
      const rows = [...body.rows].sort((a, b) => empty(a) - empty(b) || (down ? -rank(a, b) : rank(a, b)));
      body.append(...rows);
    });
  });
}
const filter = document.getElementById('filter');
if (filter) {
  filter.hidden = false;
  const rows = [...document.querySelectorAll('table.links > tbody > tr')];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const narrow = () => {
    const words = filter.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = filter.elements.verdict.value;
    let shown = 0;
    rows.forEach((row, at) => {
      const fits = (!verdict || row.dataset.verdict === verdict) && words.every((word) => texts[at].includes(word));
      row.hidden = !fits;
      shown += fits;
    });
    filter.querySelector('output').textContent = `${shown} of ${rows.length} links shown`;
  };
  filter.addEventListener('input', narrow);
  filter.addEventListener('submit', (event) => event.preventDefault());
  narrow();
}

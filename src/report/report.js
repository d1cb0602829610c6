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
      const isNumber = head.dataset.sort === 'number';
      const rows = [...body.rows].map((row) => {
        const by = row.cells[column].dataset.by;
        return { row, by: isNumber ? Number(by) : by };
      });
      // What has no value comes last, whichever way it is sorted.
      const rank = (a, b) => (a.by === '') - (b.by === '') || (down ? -1 : 1) * ((a.by > b.by) - (a.by < b.by));
      body.append(...rows.sort(rank).map(({ row }) => row));
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

import type { ScionClient } from '@scion/client';
import type { Dataset, Model } from '@scion/schema';
import { element } from './element.ts';
import { formatBytes, formatCount, formatMetric, formatMoment } from './format.ts';

type Column<Row> = { title: string; cell: (row: Row) => Node | string; numeric?: boolean };

const datasetColumns = (client: ScionClient): Column<Dataset>[] => [
  { title: 'Name', cell: ({ name, id }) => nameCell(name, id) },
  { title: 'State', cell: ({ state }) => element('span', { class: 'state', 'data-state': state }, state) },
  { title: 'Format', cell: ({ format }) => format },
  { title: 'Examples', cell: ({ splits }) => describeSplits(splits) },
  { title: 'Pictures', cell: (dataset) => previewCell(dataset, client) },
  { title: 'Size', cell: ({ sizeBytes }) => formatBytes(sizeBytes), numeric: true },
];

const modelColumns: Column<Model>[] = [
  { title: 'Name', cell: ({ name, id }) => nameCell(name, id) },
  { title: 'Method', cell: ({ kind, method }) => `${kind} · ${method}` },
  { title: 'Backbone', cell: ({ backbone }) => backbone.type },
  { title: 'Parameters', cell: ({ parameterCount }) => formatCount(parameterCount), numeric: true },
  { title: 'Accuracy', cell: ({ metrics }) => describeAccuracy(metrics), numeric: true },
  { title: 'Made', cell: ({ createdAt }) => formatMoment(createdAt) },
];

export function showDatasets(root: HTMLElement, datasets: readonly Dataset[], client: ScionClient): void {
  show(root, { title: 'Data sets', rows: datasets, columns: datasetColumns(client), empty: 'No data sets yet.' });
}

export function showModels(root: HTMLElement, models: readonly Model[]): void {
  show(root, { title: 'Models', rows: models, columns: modelColumns, empty: 'No models yet: a job that succeeds makes one.' });
}

function show<Row>(
  root: HTMLElement,
  { title, rows, columns, empty }: { title: string; rows: readonly Row[]; columns: readonly Column<Row>[]; empty: string },
): void {
  const heading = element('h2', {}, title);
  if (rows.length === 0) {
    root.replaceChildren(heading, element('p', { class: 'empty' }, empty));
    return;
  }
  const cellClass = ({ numeric }: Column<Row>) => ({ class: numeric === true ? 'numeric' : false });
  const head = columns.map((column) => element('th', { scope: 'col', ...cellClass(column) }, column.title));
  const body = rows.map((row) =>
    element('tr', {}, ...columns.map((column) => element('td', cellClass(column), column.cell(row)))),
  );
  const table = element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body));
  // A wide table scrolls in its own frame, which has to take focus so that keys can scroll it.
  root.replaceChildren(heading, element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title }, table));
}

function nameCell(name: string, id: string): Node {
  return element('span', { title: id }, name);
}

/** Shows the contact sheet, once there is one. It is fetched, and not linked to: a link would not carry the key. */
function previewCell({ id, name, state }: Dataset, client: ScionClient): Node | string {
  if (state !== 'ready') return '–';
  const button = element('button', { type: 'button', class: 'link', 'aria-label': `Pictures of ${name}` }, 'Show');
  button.addEventListener('click', () => {
    const opened = window.open('', '_blank');
    void client.datasets.contactSheet(id).then(
      (sheet) => opened?.location.replace(URL.createObjectURL(sheet)),
      () => opened?.close(),
    );
  });
  return button;
}

function describeSplits(splits: Dataset['splits']): string {
  const parts = Object.entries(splits).map(([name, { examples }]) => `${name} ${formatCount(examples)}`);
  return parts.length > 0 ? parts.join(', ') : '–';
}

function describeAccuracy(metrics: Model['metrics']): string {
  const names = Object.keys(metrics).filter((name) => name.endsWith('accuracy'));
  const name = names.find((candidate) => !candidate.startsWith('train/')) ?? names[0];
  const value = name === undefined ? undefined : metrics[name];
  return name === undefined || value === undefined ? '–' : formatMetric(name, value);
}

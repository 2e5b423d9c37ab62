import type { Job } from '@scion/schema';
import { element } from './element.ts';
import { formatShare } from './format.ts';
import { type ClickAction, createJobButtons } from './job-buttons.ts';
import { factsOf } from './job-facts.ts';

export type JobCardActions = { onSelect: (jobId: string) => void; onAct: (jobId: string, action: ClickAction) => void };

export type JobCard = { root: HTMLElement; update(job: Job, isSelected: boolean): void };

const stopping = { pause: 'pausing', keep: 'stopping', deadline: 'ending', cancel: 'cancelling' } as const;

/** One job of the list. It is updated in place, so that focus and the bar's movement survive a refresh. */
export function createJobCard(jobId: string, { onSelect, onAct }: JobCardActions): JobCard {
  const name = element('button', { type: 'button', class: 'name' });
  const kind = element('span', { class: 'kind' });
  const state = element('span', { class: 'state' });
  const buttons = createJobButtons((action) => onAct(jobId, action));
  const bar = element('div', { class: 'bar', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100 });
  const filled = element('div', { class: 'filled' });
  const share = element('span', { class: 'share' });
  const facts = element('dl', { class: 'facts' });
  const problem = element('p', { class: 'problem' });
  bar.append(filled);
  const root = element(
    'article',
    { class: 'card' },
    element('div', { class: 'card-head' }, element('div', { class: 'title' }, name, kind), state, buttons.root),
    element('div', { class: 'bar-row' }, bar, share),
    facts,
    problem,
  );
  name.addEventListener('click', () => onSelect(jobId));

  return {
    root,
    update(job, isSelected) {
      root.dataset.state = job.state;
      root.classList.toggle('selected', isSelected);
      name.textContent = job.name;
      name.setAttribute('aria-pressed', String(isSelected));
      kind.textContent = `${job.kind} · ${job.spec.method.type}`;
      state.textContent = job.stopRequested === null ? job.state : stopping[job.stopRequested];
      buttons.update(job);
      filled.style.width = `${job.progress.fraction * 100}%`;
      bar.setAttribute('aria-valuenow', String(Math.floor(job.progress.fraction * 100)));
      bar.setAttribute('aria-label', `Progress of ${job.name}`);
      share.textContent = formatShare(job.progress.fraction);
      facts.replaceChildren(
        ...factsOf(job).map(({ label, value }) => element('div', {}, element('dt', {}, label), element('dd', {}, value))),
      );
      problem.hidden = job.error === null;
      problem.textContent = job.error?.message ?? '';
    },
  };
}

import { actionsIn, type Job, type JobAction } from '@scion/schema';
import { element } from './element.ts';

/** The actions that need nothing but a click. */
export type ClickAction = Exclude<JobAction, 'extend'>;

const labels: Readonly<Record<ClickAction, string>> = {
  resume: 'Resume',
  pause: 'Pause',
  stop: 'Stop and keep',
  retry: 'Retry',
  cancel: 'Cancel',
};

/** A button for each action; those that the job's state does not take are hidden. */
export function createJobButtons(onAct: (action: ClickAction) => void): { root: HTMLElement; update(job: Job): void } {
  const buttons = (Object.keys(labels) as ClickAction[]).map((action) => {
    const button = element('button', { type: 'button', class: 'action' }, labels[action]);
    button.addEventListener('click', () => {
      button.disabled = true; // Until the next look at the job
      onAct(action);
    });
    return { action, button };
  });
  return {
    root: element('div', { class: 'actions' }, ...buttons.map(({ button }) => button)),
    update(job) {
      const possible = job.stopRequested === null ? actionsIn(job.state) : [];
      for (const { action, button } of buttons) {
        button.hidden = !possible.includes(action);
        button.disabled = false;
        button.setAttribute('aria-label', `${labels[action]} ${job.name}`);
      }
    },
  };
}

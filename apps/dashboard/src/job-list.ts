import type { Job } from '@scion/schema';
import { element } from './element.ts';
import { createJobCard, type JobCard, type JobCardActions } from './job-card.ts';

/** The list of jobs, newest first, one card for each. */
export function createJobList(root: HTMLElement, actions: JobCardActions) {
  const cards = new Map<string, JobCard>();
  const empty = element(
    'p',
    { class: 'empty' },
    'No jobs yet. Submit one with ',
    element('code', {}, 'POST /v1/jobs'),
    ' or ',
    element('code', {}, 'scion job submit'),
    '.',
  );

  return {
    update(jobs: readonly Job[], selectedId: string | null): void {
      const listed = new Set(jobs.map((job) => job.id));
      for (const [id, card] of cards) {
        if (listed.has(id)) continue;
        card.root.remove();
        cards.delete(id);
      }
      jobs.forEach((job, position) => {
        const card = cards.get(job.id) ?? createJobCard(job.id, actions);
        cards.set(job.id, card);
        card.update(job, job.id === selectedId);
        // Moving an element loses its focus, so only what stands elsewhere moves.
        if (root.children[position] !== card.root) root.insertBefore(card.root, root.children[position] ?? null);
      });
      if (jobs.length === 0) root.append(empty);
      else empty.remove();
    },
  };
}

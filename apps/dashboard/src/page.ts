import { createClient } from '@scion/client';
import type { Job, QueueStatus } from '@scion/schema';
import { askForKey, isKeyWanted, storedApiKey } from './api-key.ts';
import { byId, element } from './element.ts';
import { createEventLog } from './event-log.ts';
import { showJobDetail } from './job-detail.ts';
import { createJobList } from './job-list.ts';
import { refreshEvery } from './refresh.ts';
import { showDatasets, showModels } from './table.ts';

const jobsEveryMs = 1000;
const detailEveryMs = 2000;
const tablesEveryMs = 4000;
const eventsShown = 30;

/** Starts the page: polls the server and keeps what is shown up to date. */
export function startPage(): void {
  const client = createClient({ url: window.location.origin, apiKey: storedApiKey() });
  const status = byId('status');
  let jobs: readonly Job[] = [];
  let selectedId: string | null = null;

  const showFailure = (error: unknown) => {
    status.dataset.ok = 'false';
    status.textContent = error instanceof Error ? error.message : String(error);
    if (isKeyWanted(error)) askForKey(byId('jobs'));
  };

  const list = createJobList(byId('jobs'), {
    onSelect: (jobId) => {
      selectedId = jobId;
      list.update(jobs, selectedId);
      refreshDetail();
      byId('detail').scrollIntoView({ block: 'nearest', behavior: 'smooth' });
    },
    onAct: (jobId, action) => void client.jobs[action](jobId).catch(showFailure).then(refreshJobs),
  });

  const showDetail = createDetailView(client);
  const refreshDetail = refreshEvery(detailEveryMs, async () => {
    await showDetail(jobs.find((job) => job.id === selectedId) ?? null).catch(showFailure);
  });

  const refreshJobs = refreshEvery(jobsEveryMs, async () => {
    try {
      const [page, queue] = await Promise.all([client.jobs.list({ limit: 50 }), client.queue()]);
      const isFirst = jobs.length === 0 && page.data.length > 0;
      jobs = page.data;
      selectedId ??= chooseJob(jobs);
      list.update(jobs, selectedId);
      status.dataset.ok = 'true';
      status.textContent = describeQueue(queue);
      if (isFirst) refreshDetail();
    } catch (error) {
      showFailure(error);
    }
  });

  refreshEvery(tablesEveryMs, async () => {
    try {
      const [datasets, models] = await Promise.all([client.datasets.list({ limit: 20 }), client.models.list({ limit: 20 })]);
      showDatasets(byId('datasets'), datasets.data, client);
      showModels(byId('models'), models.data);
    } catch (error) {
      showFailure(error);
    }
  });
}

/** Draws the selected job, again only when it has changed. */
function createDetailView(client: ReturnType<typeof createClient>): (job: Job | null) => Promise<void> {
  const root = byId('detail');
  root.replaceChildren(element('p', { class: 'empty' }, 'The curves of a job will stand here.'));
  let shown = '';
  let log: ReturnType<typeof createEventLog> | null = null;
  return async (job) => {
    if (job === null || `${job.id} ${job.updatedAt}` === shown) return;
    if (log?.jobId !== job.id) log = createEventLog(client, job.id);
    const [metrics, events] = await Promise.all([client.jobs.metrics(job.id), log.newest(eventsShown)]);
    showJobDetail(root, { job, metrics, events });
    shown = `${job.id} ${job.updatedAt}`;
  };
}

/** The job that a visitor most likely wants to see: one that runs, else the newest. */
function chooseJob(jobs: readonly Job[]): string | null {
  return (jobs.find((job) => job.state === 'running') ?? jobs[0])?.id ?? null;
}

function describeQueue({ slots, busySlots, jobs }: QueueStatus): string {
  const waiting = jobs.queued + jobs.retrying + jobs.blocked;
  if (slots === 0) return waiting > 0 ? `No worker is running, ${waiting} waiting` : 'No worker is running';
  return `${busySlots} of ${slots} ${slots === 1 ? 'slot' : 'slots'} busy, ${waiting} waiting`;
}

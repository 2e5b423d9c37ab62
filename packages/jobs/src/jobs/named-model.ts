import { sql } from 'drizzle-orm';

/** Holds for a row of `models` that a success of its job names; one that none names is of an attempt which did not end well. */
export const isNamedBySuccess = sql`exists (select from events where events.job_id = models.job_id
  and events.type = 'job.succeeded' and events.data ->> 'model' = models.id)`;

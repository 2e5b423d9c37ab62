CREATE TABLE "datasets" (
  "id" text PRIMARY KEY,
  "name" text NOT NULL,
  "state" text NOT NULL DEFAULT 'validating' CHECK ("state" IN ('validating', 'ready', 'invalid')),
  "format" text NOT NULL,
  "file_name" text NOT NULL,
  "size_bytes" bigint NOT NULL,
  "report" jsonb,
  "issues" jsonb NOT NULL DEFAULT '[]',
  "error" jsonb,
  "attempt" integer NOT NULL DEFAULT 0,
  "deaths" integer NOT NULL DEFAULT 0,
  "worker_id" text,
  "lease_until" timestamptz(3),
  "created_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  "updated_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
--> statement-breakpoint
CREATE INDEX "datasets_by_state" ON "datasets" ("state", "id");
--> statement-breakpoint
CREATE TABLE "jobs" (
  "id" text PRIMARY KEY,
  "kind" text NOT NULL,
  "name" text NOT NULL,
  "state" text NOT NULL CHECK ("state" IN ('blocked', 'queued', 'running', 'retrying', 'paused', 'succeeded', 'failed', 'cancelled')),
  "spec" jsonb NOT NULL,
  "dataset_id" text NOT NULL,
  "tags" text[] NOT NULL DEFAULT '{}',
  "priority" integer NOT NULL DEFAULT 0,
  "attempt" integer NOT NULL DEFAULT 0,
  "progress" jsonb NOT NULL,
  "metrics" jsonb NOT NULL,
  "result" jsonb,
  "error" jsonb,
  "stop_requested" text CHECK ("stop_requested" IN ('cancel', 'deadline')),
  "deaths" integer NOT NULL DEFAULT 0,
  "deaths_in_a_row" integer NOT NULL DEFAULT 0,
  "worker_id" text,
  "lease_until" timestamptz(3),
  "deadline_at" timestamptz(3),
  "version" bigint NOT NULL DEFAULT 1,
  "mirrored_version" bigint NOT NULL DEFAULT 0,
  "created_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  "started_at" timestamptz(3),
  "finished_at" timestamptz(3),
  "updated_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- A lease and its holder belong to a running job, and to no other.
  CONSTRAINT "jobs_lease_while_running" CHECK (("state" = 'running') = ("lease_until" IS NOT NULL)),
  CONSTRAINT "jobs_finished_when_terminal" CHECK (("state" IN ('succeeded', 'failed', 'cancelled')) = ("finished_at" IS NOT NULL))
);
--> statement-breakpoint
CREATE INDEX "jobs_by_state" ON "jobs" ("state", "priority", "created_at");
--> statement-breakpoint
CREATE INDEX "jobs_by_dataset" ON "jobs" ("dataset_id");
--> statement-breakpoint
CREATE INDEX "jobs_to_mirror" ON "jobs" ("updated_at") WHERE version <> mirrored_version;
--> statement-breakpoint
CREATE TABLE "job_dependencies" (
  "job_id" text NOT NULL REFERENCES "jobs" ("id"),
  "depends_on" text NOT NULL REFERENCES "jobs" ("id"),
  PRIMARY KEY ("job_id", "depends_on")
);
--> statement-breakpoint
CREATE INDEX "job_dependencies_by_dependency" ON "job_dependencies" ("depends_on");
--> statement-breakpoint
CREATE TABLE "attempts" (
  "job_id" text NOT NULL REFERENCES "jobs" ("id"),
  "number" integer NOT NULL,
  "worker_id" text NOT NULL,
  "state" text NOT NULL DEFAULT 'running' CHECK ("state" IN ('running', 'succeeded', 'failed', 'died', 'stopped')),
  "error" jsonb,
  "started_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  "ended_at" timestamptz(3),
  PRIMARY KEY ("job_id", "number")
);
--> statement-breakpoint
CREATE TABLE "events" (
  "id" bigserial PRIMARY KEY,
  "job_id" text NOT NULL REFERENCES "jobs" ("id"),
  "attempt" integer NOT NULL,
  "type" text NOT NULL,
  "level" text NOT NULL,
  "message" text NOT NULL,
  "data" jsonb NOT NULL,
  "at" timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
--> statement-breakpoint
CREATE INDEX "events_by_job" ON "events" ("job_id", "id");
--> statement-breakpoint
CREATE TABLE "metrics" (
  "job_id" text NOT NULL REFERENCES "jobs" ("id"),
  "name" text NOT NULL,
  "step" integer NOT NULL,
  "value" double precision NOT NULL,
  "attempt" integer NOT NULL,
  "at" timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY ("job_id", "name", "step")
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
  "id" text PRIMARY KEY,
  "job_id" text NOT NULL REFERENCES "jobs" ("id"),
  "attempt" integer NOT NULL,
  "key" text NOT NULL,
  "epoch" double precision NOT NULL,
  "step" integer NOT NULL,
  "metrics" jsonb NOT NULL,
  "size_bytes" bigint NOT NULL,
  "sha256" text NOT NULL,
  "created_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
--> statement-breakpoint
CREATE INDEX "checkpoints_by_job" ON "checkpoints" ("job_id", "created_at");
--> statement-breakpoint
CREATE TABLE "models" (
  "id" text PRIMARY KEY,
  "job_id" text NOT NULL REFERENCES "jobs" ("id"),
  "name" text NOT NULL,
  "kind" text NOT NULL,
  "key" text NOT NULL,
  "backbone" jsonb NOT NULL,
  "method" text NOT NULL,
  "input_shape" integer[] NOT NULL,
  "class_names" text[] NOT NULL,
  "parameter_count" bigint NOT NULL,
  "metrics" jsonb NOT NULL,
  "dataset_id" text NOT NULL,
  "dataset_sha256" text NOT NULL,
  "size_bytes" bigint NOT NULL,
  "sha256" text NOT NULL,
  "created_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
--> statement-breakpoint
CREATE INDEX "models_by_job" ON "models" ("job_id");
--> statement-breakpoint
CREATE TABLE "workers" (
  "id" text PRIMARY KEY,
  "host" text NOT NULL,
  "pid" integer NOT NULL,
  "devices" text[] NOT NULL,
  "draining" boolean NOT NULL DEFAULT false,
  "started_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  "last_seen_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
  "scope" text NOT NULL,
  "key" text NOT NULL,
  "body_hash" text NOT NULL,
  "record_id" text NOT NULL,
  "created_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY ("scope", "key")
);

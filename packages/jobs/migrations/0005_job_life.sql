ALTER TABLE "jobs"
  DROP CONSTRAINT "jobs_stop_requested_check",
  ADD CONSTRAINT "jobs_stop_requested_check" CHECK ("stop_requested" IN ('pause', 'keep', 'deadline', 'cancel')),
  ADD COLUMN "next_try_at" timestamp (3) with time zone,
  ADD COLUMN "divergences" integer NOT NULL DEFAULT 0,
  ADD COLUMN "started_over_at" timestamp (3) with time zone;
--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "deleted_at" timestamp (3) with time zone;
--> statement-breakpoint
ALTER TABLE "datasets" ADD COLUMN "deleted_at" timestamp (3) with time zone;
--> statement-breakpoint
ALTER TABLE "models" ADD COLUMN "deleted_at" timestamp (3) with time zone;
--> statement-breakpoint
ALTER TABLE "checkpoints" ADD COLUMN "is_corrupt" boolean NOT NULL DEFAULT false;
--> statement-breakpoint
CREATE INDEX "jobs_in_line" ON "jobs" ("priority" DESC, "created_at", "id") WHERE "state" IN ('queued', 'retrying');
--> statement-breakpoint
UPDATE "jobs" SET
  "spec" = jsonb_build_object('onDivergence', '{"retries": 0, "learningRateFactor": 0.5}'::jsonb) || "spec"
    || jsonb_build_object('checkpoint', '{"keepBest": null, "keepEveryEpochs": null}'::jsonb || ("spec" -> 'checkpoint')),
  "result" = jsonb_build_object('stoppedAt', null) || "result";
--> statement-breakpoint
CREATE TABLE "tag_limits" (
  "tag" text PRIMARY KEY,
  "max_running" integer NOT NULL,
  "updated_at" timestamp (3) with time zone NOT NULL DEFAULT clock_timestamp()
);
--> statement-breakpoint
CREATE INDEX "jobs_in_trash" ON "jobs" ("deleted_at") WHERE "deleted_at" IS NOT NULL;
--> statement-breakpoint
CREATE INDEX "models_in_trash" ON "models" ("deleted_at") WHERE "deleted_at" IS NOT NULL;
--> statement-breakpoint
CREATE INDEX "datasets_in_trash" ON "datasets" ("deleted_at") WHERE "deleted_at" IS NOT NULL;

CREATE TABLE "job_artifacts" (
  "job_id" text NOT NULL REFERENCES "jobs" ("id"),
  "name" text NOT NULL,
  "kind" text NOT NULL,
  "epoch" double precision NOT NULL,
  "step" integer NOT NULL,
  "media_type" text NOT NULL,
  "size_bytes" bigint NOT NULL,
  "sha256" text NOT NULL,
  "created_at" timestamp (3) with time zone NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY ("job_id", "name")
);
--> statement-breakpoint
UPDATE "jobs" SET "spec" = jsonb_set("spec", '{evaluate}', '{"artifactsEveryEpochs": null}'::jsonb || ("spec" -> 'evaluate'))
  WHERE jsonb_typeof("spec" -> 'evaluate') = 'object';

CREATE TABLE "api_keys" (
  "id" text PRIMARY KEY,
  "name" text NOT NULL,
  "project" text NOT NULL,
  "scopes" text[] NOT NULL,
  "start" text NOT NULL,
  "hash" text NOT NULL UNIQUE,
  "created_at" timestamp (3) with time zone NOT NULL DEFAULT clock_timestamp(),
  "expires_at" timestamp (3) with time zone,
  "last_used_at" timestamp (3) with time zone,
  "revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
  "id" bigserial PRIMARY KEY,
  "at" timestamp (3) with time zone NOT NULL DEFAULT clock_timestamp(),
  "key_id" text,
  "project" text NOT NULL,
  "action" text NOT NULL,
  "record_id" text,
  "status" integer,
  "request_id" text NOT NULL,
  "address" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "audit_log_by_time" ON "audit_log" ("at");
--> statement-breakpoint
ALTER TABLE "datasets" ADD COLUMN "project" text NOT NULL DEFAULT 'default', ADD COLUMN "owner" text;
--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "project" text NOT NULL DEFAULT 'default', ADD COLUMN "owner" text;
--> statement-breakpoint
ALTER TABLE "models" ADD COLUMN "project" text NOT NULL DEFAULT 'default', ADD COLUMN "owner" text;
--> statement-breakpoint
ALTER TABLE "tag_limits"
  ADD COLUMN "project" text NOT NULL DEFAULT 'default',
  DROP CONSTRAINT "tag_limits_pkey",
  ADD PRIMARY KEY ("project", "tag");
--> statement-breakpoint
CREATE INDEX "datasets_by_project" ON "datasets" ("project", "id");
--> statement-breakpoint
CREATE INDEX "jobs_by_project" ON "jobs" ("project", "id");
--> statement-breakpoint
CREATE INDEX "models_by_project" ON "models" ("project", "id");

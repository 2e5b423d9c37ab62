ALTER TABLE "datasets"
  ADD COLUMN "source" jsonb NOT NULL DEFAULT '{"type": "upload"}',
  ADD COLUMN "split" jsonb,
  ADD COLUMN "options" jsonb NOT NULL DEFAULT '{"policy": "skip", "columns": {}}',
  ADD COLUMN "sha256" text,
  ADD COLUMN "upload_of" text;
--> statement-breakpoint
CREATE INDEX "datasets_by_sha256" ON "datasets" ("sha256");
--> statement-breakpoint
CREATE INDEX "datasets_by_upload" ON "datasets" ("upload_of");
--> statement-breakpoint
CREATE INDEX "models_by_dataset" ON "models" ("dataset_id");

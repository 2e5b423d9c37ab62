ALTER TABLE "models"
  ALTER COLUMN "job_id" DROP NOT NULL,
  ALTER COLUMN "method" DROP NOT NULL,
  ALTER COLUMN "dataset_id" DROP NOT NULL,
  ALTER COLUMN "dataset_sha256" DROP NOT NULL,
  ADD COLUMN "import_report" jsonb;

ALTER TABLE "workers" ADD COLUMN "process_space" text NOT NULL DEFAULT '';

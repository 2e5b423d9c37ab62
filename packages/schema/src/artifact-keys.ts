/** Where things stand in the artifact store. Keys are relative to its root and never hold names that users chose. */
export const artifactKeys = {
  /** What has come so far of an upload in parts. */
  uploads: 'uploads',
  upload: (upload: string) => `uploads/${upload}`,
  uploadRecord: (upload: string) => `uploads/${upload}/upload.json`,
  uploadParts: (upload: string) => `uploads/${upload}/parts`,
  uploadPart: (upload: string, part: number) => `uploads/${upload}/parts/${String(part).padStart(6, '0')}`,
  datasetUpload: (dataset: string) => `datasets/${dataset}/upload`,
  datasetPacked: (dataset: string) => `datasets/${dataset}/packed`,
  job: (job: string) => `jobs/${job}`,
  jobStatus: (job: string) => `jobs/${job}/status.json`,
  jobMetrics: (job: string) => `jobs/${job}/metrics.jsonl`,
  jobLog: (job: string, attempt: number) => `jobs/${job}/logs/attempt-${attempt}.log`,
  checkpoint: (job: string, checkpoint: string) => `jobs/${job}/checkpoints/${checkpoint}`,
  /** Something to look at of a run; `name` is its `JobArtifactName`. */
  jobArtifact: (job: string, name: string) => `jobs/${job}/artifacts/${name}`,
  model: (model: string) => `models/${model}`,
  /** The file of weights that a model is made of, while that lasts. */
  weightsUpload: (model: string) => `imports/${model}/upload`,
} as const;

/** File names inside a packed data set's folder that are there for people, not for training. */
export const datasetFiles = { splits: 'splits.csv', preview: 'preview.json', contactSheet: 'preview.png' } as const;

/** File names inside a checkpoint's or model's folder. `manifest.json` is written last and lists the others with their SHA-256. */
export const parameterFiles = {
  manifest: 'manifest.json',
  parameters: 'parameters.safetensors',
  optimizer: 'optimizer.safetensors',
  best: 'best.safetensors',
} as const;

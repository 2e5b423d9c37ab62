import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecipe } from '../bench/recipe-file.ts';
import { judgeRecipe, runRecipe } from '../bench/run-recipe.ts';
import { startScion, temporaryDataDir } from '../support/scion-server.ts';
import { withoutSharedData } from '../support/shared-data.ts';

test('pretraining without labels makes better features of real images', { skip: withoutSharedData }, async (t) => {
  const { client } = await startScion(t, { dataDir: await temporaryDataDir(t) });
  const recipe = await readRecipe(new URL('../../bench/recipes/fashion-mnist-simclr.json', import.meta.url));
  const scores = await runRecipe(client, { ...recipe, seeds: [0] }, (line) => t.diagnostic(line));
  for (const { holds, text } of judgeRecipe(recipe, scores)) assert.ok(holds, text);
});
